"use strict";
// Asks the page's own server whether the files have changed, and puts what is new in the place of the old.
(() => {
  const SECONDS = 2, SECONDS_WITHOUT_SERVER = 10;
  const page = document.getElementById("page");
  const told = document.querySelector(".live");
  let tag = document.body.dataset.tag;

  const all = (selector) => [...page.querySelectorAll(selector)];
  const FOCUSABLE = "a, button, input, summary, [tabindex]";

  // Names an element by its section and its place there among its like, which outlive its replacement.
  function keyOf(element, selector) {
    const section = element.closest("section") ?? page;
    return `${section.querySelector("h2")?.textContent}|${[...section.querySelectorAll(selector)].indexOf(element)}`;
  }

  function withKeys(selector) {
    return new Map(all(selector).map((one) => [keyOf(one, selector), one]));
  }

  // What the reader has opened, typed, sorted, moved and scrolled.
  function readState() {
    const of = (selector, isSet, value) =>
      [...withKeys(selector)].filter(([, one]) => isSet(one)).map(([key, one]) => [selector, key, value(one)]);
    return [
      ...of("details", (one) => one.open, () => true),
      ...of("input[type=search]", (one) => one.value, (one) => one.value),
      ...of("input[type=range]", (one) => one.value !== one.max, (one) => one.value),
      ...of("th", (one) => one.ariaSort, (one) => one.ariaSort),
      ...of(".scroll", (one) => one.scrollTop, (one) => one.scrollTop),
      ...of(FOCUSABLE, (one) => one === document.activeElement, () => null),
    ];
  }

  function restore(state) {
    for (const [selector, key, value] of state) {
      const one = withKeys(selector).get(key);
      if (!one) continue;
      if (selector === "details") one.open = value;
      else if (selector === ".scroll") one.scrollTop = value;
      else if (selector === FOCUSABLE) one.focus({ preventScroll: true });
      else if (selector === "th") for (let n = 0; n < 2 && one.ariaSort !== value; n++) one.querySelector("button").click();
      else { one.value = value; one.dispatchEvent(new Event("input")); }
    }
  }

  function update(html) {
    const state = readState(), place = [scrollX, scrollY];
    const next = document.createRange().createContextualFragment(html);
    for (const chart of next.querySelectorAll(".chart")) {
      const drawn = document.getElementById(chart.id);
      if (!drawn) continue;
      drawn.ariaLabel = chart.ariaLabel;
      chart.replaceWith(drawn); // the figure moves on, without a flash
    }
    page.replaceChildren(next);
    document.title = page.querySelector("h1").textContent;
    spectralReport.start();
    restore(state);
    scrollTo(...place);
  }

  function say(text) {
    told.textContent = text;
  }

  async function look() {
    if (document.hidden) return SECONDS; // nobody sees it
    let answer, html;
    try {
      answer = await fetch("content", { headers: { "If-None-Match": tag }, cache: "no-store" });
      html = await answer.text();
    } catch {
      say("The server has stopped; this is what it knew last");
      return SECONDS_WITHOUT_SERVER;
    }
    if (answer.status === 200) {
      update(html);
      tag = answer.headers.get("ETag");
      say(`Live; last change seen at ${new Date().toLocaleTimeString()}`);
    }
    return SECONDS;
  }

  async function follow() {
    for (let seconds = SECONDS; ; seconds = await look()) await new Promise((done) => setTimeout(done, 1000 * seconds));
  }

  say("Live");
  follow();
})();
