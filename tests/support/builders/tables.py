"""CSV tables of texts and labels."""


def table(rows: int, labels: tuple[str, ...] = ("good", "bad")) -> str:
    """Return a CSV with distinct texts and labels in turn."""
    lines = [f"this is sentence number {n},{labels[n % len(labels)]}" for n in range(rows)]
    return "text,label\n" + "\n".join(lines) + "\n"


def labelled_rows(count: int, seed: int = 0) -> bytes:
    """Return a table that a tiny model can learn: short texts whose words tell the label."""
    words = {
        "good": ("fine", "nice", "great"),
        "bad": ("poor", "awful", "sad"),
    }
    lines = ["text,label"]
    for number in range(count):
        label = ("good", "bad")[number % 2]
        word = words[label][(number // 2 + seed) % 3]
        lines.append(f"{word} {number + seed},{label}")
    return ("\n".join(lines) + "\n").encode()
