"""Giving out 信息资源代码: one gapless sequence for each class of the code tree."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.classification import CodePattern
from services.catalog.entry import Entry
from services.catalog.models import CodeSequence


async def next_code(session: AsyncSession, pattern: CodePattern, entry: Entry) -> str:
    """The next code for the place where `entry` stands.

    The sequence's row stays locked until commit, so a refusal afterwards leaves no gap. An
    entry whose rulebook asks for no classification gets its code in a class of its own.
    """
    digits = pattern.class_digits(entry.classification)
    last = await session.scalar(
        insert(CodeSequence)
        .values(class_digits=digits, last=1)
        .on_conflict_do_update(
            index_elements=[CodeSequence.class_digits], set_={"last": CodeSequence.last + 1}
        )
        .returning(CodeSequence.last)
    )
    if last is None:
        raise LookupError("the database gave no sequence number")
    return pattern.code(entry.classification, last)
