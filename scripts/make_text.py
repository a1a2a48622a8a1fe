"""Turn labelled sentences into a sparse matrix: one column per word and pair of words.

    pip download vaderSentiment==3.3.2 --no-deps --no-binary :all:
    python scripts/make_text.py vaderSentiment-3.3.2.tar.gz FOLDER

The package's source holds 10605 sentences of film reviews with the mean rating of 20 readers (C. J. Hutto, E. Gilbert,
ICWSM 2014; package under MIT). FOLDER/x.npz holds tf-idf weights, y.txt negative or positive, the sign of the rating,
names.txt the words.
"""

import argparse
import io
import tarfile
from pathlib import Path

import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

INNER, SENTENCES = "additional_resources/hutto_ICWSM_2014.tar.gz", "movieReviewSnippets_GroundTruth.txt"


def read_member(archive: tarfile.TarFile, ending: str) -> bytes:
    """Read the file of an archive whose name ends so."""
    for member in archive:
        content = archive.extractfile(member) if member.name.endswith(ending) else None
        if content is not None:
            return content.read()
    raise SystemExit(f"{archive.name} holds no {ending}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    with tarfile.open(asked.source) as outer, tarfile.open(fileobj=io.BytesIO(read_member(outer, INNER))) as inner:
        lines = read_member(inner, SENTENCES).decode("utf-8", errors="replace").splitlines()
    rated = [(float(rating), text) for _, rating, text in (line.split("\t", 2) for line in lines) if float(rating)]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"[a-z']+", sublinear_tf=True)
    matrix = vectorizer.fit_transform(text for _, text in rated)
    asked.folder.mkdir(parents=True, exist_ok=True)
    scipy.sparse.save_npz(asked.folder / "x.npz", matrix)
    labels = ("positive" if rating > 0 else "negative" for rating, _ in rated)
    (asked.folder / "y.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    names = vectorizer.get_feature_names_out()
    (asked.folder / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    filled = matrix.nnz / matrix.shape[0] / matrix.shape[1]
    print(f"{matrix.shape[0]} sentences, {matrix.shape[1]} words and pairs, {100 * filled:.3f} % filled")


if __name__ == "__main__":
    main()
