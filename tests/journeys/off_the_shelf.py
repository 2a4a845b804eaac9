"""What PyPI's `delta-sharing` sees with a profile file: run by the Python that has it.

    python off_the_shelf.py huitong.share

Says in JSON the tables that it lists, and of each its version, columns, rows, and changes. With
`reading FIRST-VERSION` behind, the rows as of that version too.
"""

import json
import sys

import delta_sharing  # type: ignore[import-not-found]  # of another environment, see the Makefile


def main() -> None:
    """List, load, and follow everything."""
    profile = sys.argv[1]
    client = delta_sharing.SharingClient(profile)
    shares = [share.name for share in client.list_shares()]
    schemas = [
        schema.name for share in client.list_shares() for schema in client.list_schemas(share)
    ]
    told = []
    for table in client.list_all_tables():
        url = f"{profile}#{table.share}.{table.schema}.{table.name}"
        version = delta_sharing.get_table_version(url)
        rows = delta_sharing.load_as_pandas(url)
        first = delta_sharing.load_as_pandas(url, version=1)
        head = delta_sharing.load_as_pandas(url, limit=3)
        changes = delta_sharing.load_table_changes_as_pandas(url, starting_version=1)
        told.append(
            {
                "table": table.name,
                "version": version,
                "columns": sorted(rows.columns),
                "rows": len(rows),
                "rows_of_the_first": len(first),
                "head": len(head),
                "changes": changes["_change_type"].value_counts().to_dict(),
                "versions": sorted({int(v) for v in changes["_commit_version"]}),
                "protocol": delta_sharing.get_table_protocol(url).min_reader_version,
                "description": delta_sharing.get_table_metadata(url).description,
            }
        )
    json.dump({"shares": shares, "schemas": schemas, "tables": told}, sys.stdout)


if __name__ == "__main__":
    main()
