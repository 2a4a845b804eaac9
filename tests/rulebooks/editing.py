"""Copies of the shipped data that a test may break."""

import shutil
from pathlib import Path

from shared.rulebooks.texts import SHIPPED


class Data:
    """A folder with all four rulebooks, to be edited by replacing text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path in SHIPPED.glob("*.toml"):
            shutil.copy(path, folder / path.name)

    def edit(self, rulebook_id: str, old: str, new: str) -> None:
        """Replace text that must stand in the file exactly once."""
        path = self.folder / f"{rulebook_id}.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write_overlay(self, overlay_id: str, body: str) -> None:
        """A superior law of one article, in force from 2024-01-01."""
        header = f"""
            [document]
            id = "{overlay_id}"
            kind = "overlay"
            title = "上位法"
            level = "province"
            region = "610000"
            in_force_from = 2024-01-01
            in_force_article = "2"
        """
        (self.folder / f"{overlay_id}.toml").write_text(header + body, encoding="utf-8")
        (self.folder / f"{overlay_id}.articles.toml").write_text(
            """
            source = "上位法"
            [[article]]
            number = 1
            heading = "答复"
            paragraphs = ["提供部门应当在5个工作日内予以答复。"]
            [[article]]
            number = 2
            heading = "施行"
            paragraphs = ["本法自2024年1月1日起施行。"]
            """,
            encoding="utf-8",
        )
