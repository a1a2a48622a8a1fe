"use strict";
(() => {
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const isNarrow = matchMedia("(max-width: 600px)");
  const darkColors = JSON.parse(document.getElementById("dark").textContent);
  const lightColors = new RegExp(Object.keys(darkColors).join("|").replace(/[()]/g, "\\$&"), "g");
  // Where nothing hovers, the buttons would lie on the titles all the time.
  const config = { displayModeBar: matchMedia("(hover: none)").matches ? false : "hover",
                   responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"],
                   toImageButtonOptions: { format: "svg" } };

  // The figures are stored in the colours of a light page; on a dark one each colour has a counterpart.
  function figureOf(key, dark) {
    let text = document.querySelector(`script[data-chart="${key}"]`).textContent;
    if (dark) text = text.replace(lightColors, (light) => darkColors[light]);
    const figure = JSON.parse(text);
    figure.layout.uirevision = "kept"; // drawn anew, a figure stays as it was zoomed
    return isNarrow.matches ? narrowed(figure) : figure;
  }

  // On a phone: smaller text, two columns of legend, and every third of many names along the axis.
  function narrowed(figure) {
    const { layout } = figure;
    layout.font.size = 11;
    if (layout.meta === "image") layout.height = 240;
    else if (figure.data.length > 8) {
      layout.height += 90;
      layout.legend = { ...layout.legend, entrywidth: 0.45, entrywidthmode: "fraction", font: { size: 9 } };
    }
    const axis = layout.xaxis;
    if (axis?.ticktext?.length > 20) {
      axis.tickvals = axis.tickvals.filter((_, place) => place % 3 === 0);
      axis.ticktext = axis.ticktext.filter((_, place) => place % 3 === 0);
    }
    return figure;
  }

  const views = new Map(); // key of a figure to what the slider has changed in it

  function draw(dark) {
    for (const chart of document.querySelectorAll(".chart")) {
      const figure = figureOf(chart.id, dark);
      views.get(chart.id)?.(figure);
      Plotly.react(chart, figure.data, figure.layout, config);
    }
  }

  // A click on a point leads to its run in the table.
  function followClicks(chart) {
    chart.on("plotly_click", (event) => {
      const row = document.getElementById(String(event.points[0].customdata));
      if (row && row.tagName === "TR") { location.hash = row.id; row.scrollIntoView({ block: "center" }); }
    });
  }

  function startSlider(evolution) {
    const slider = evolution.querySelector("input[type=range]");
    if (!slider) return;
    const output = evolution.querySelector(".slider output");
    const records = JSON.parse(evolution.querySelector("script.records").textContent);
    const { chart, moment } = evolution.dataset;
    const valuesAt = (record) => {
      const values = records.values[record];
      if (!records.shape) return values;
      const [height, width] = records.shape;
      return Array.from({ length: height }, (_, row) => values.slice(row * width, (row + 1) * width));
    };
    views.set(chart, (figure) => {
      figure.layout.shapes[0].x0 = figure.layout.shapes[0].x1 = records.steps[slider.value];
    });
    views.set(moment, (figure) => { figure.data[0][records.shape ? "z" : "x"] = valuesAt(slider.value); });
    const say = () => {
      output.textContent = records.steps[slider.value].toLocaleString("en");
      slider.setAttribute("aria-valuetext", `step ${output.textContent}`);
    };
    slider.addEventListener("input", () => {
      say();
      const step = records.steps[slider.value];
      Plotly.relayout(chart, { "shapes[0].x0": step, "shapes[0].x1": step });
      Plotly.restyle(moment, { [records.shape ? "z" : "x"]: [valuesAt(slider.value)] });
    });
    say();
  }

  function compare(one, other) {
    const [a, b] = [one, other].map((cell) => cell.dataset.order);
    if (a !== undefined && b !== undefined) return a - b;
    return one.textContent.localeCompare(other.textContent, "en", { numeric: true });
  }

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const isEmpty = (row) => row.cells[column].textContent === "";
      const rows = [...body.rows].sort((a, b) =>
        isEmpty(a) - isEmpty(b) || (up ? 1 : -1) * compare(a.cells[column], b.cells[column]));
      body.append(...rows);
    }));
  }

  function makeSearchable(box) {
    const input = box.querySelector("input[type=search]");
    if (!input) return;
    const output = box.querySelector(".search output");
    const rows = [...box.querySelectorAll("tbody tr")];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let found = 0;
      rows.forEach((row, index) => { row.hidden = !texts[index].includes(wanted); found += !row.hidden; });
      output.textContent = wanted ? `${found.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : "";
    });
  }

  function copyText(button) {
    button.addEventListener("click", async () => {
      const text = button.previousElementSibling;
      getSelection().selectAllChildren(text);
      try { await navigator.clipboard.writeText(text.textContent); button.textContent = "Copied"; }
      catch { button.textContent = "Selected"; } // a page opened from a file may not write to the clipboard
    });
  }

  function start() {
    views.clear();
    document.querySelectorAll(".evolution").forEach(startSlider);
    const isNew = (chart) => !chart.classList.contains("js-plotly-plot");
    const fresh = [...document.querySelectorAll(".chart")].filter(isNew);
    draw(isDark.matches);
    fresh.forEach(followClicks);
    document.querySelectorAll("table.sortable").forEach(makeSortable);
    document.querySelectorAll(".table").forEach(makeSearchable);
    document.querySelectorAll(".copy").forEach(copyText);
  }

  start();
  isDark.addEventListener("change", () => draw(isDark.matches));
  isNarrow.addEventListener("change", () => draw(isDark.matches));
  addEventListener("beforeprint", () => draw(false));
  addEventListener("afterprint", () => draw(isDark.matches));
  window.spectralReport = { start };
})();
