"""The table pipeline, pure: bytes of a file in; typed parts, findings and differences out.

    formats    how a batch's bytes are to be read
    packing    gzip and ZIP, unpacked within bounds
    arrivals   a batch's bytes made records, whatever format they are in
    encodings  which character set, and every other one turned into UTF-8
    lines      a CSV cut into records; malformed lines set aside with their number
    jsonlines  the same for JSON lines
    sheets     the same for a sheet of an XLSX workbook
    columns    the same for columns that are typed already
    items      what the catalogue says about the columns, and the header matched to it
    types      text turned into typed columns
    identifiers  the check characters of GB 32100 and GB 11643
    checks     findings by rule and severity
    reasons    the rules, their severities and their sentences
    shelf      sealed, content-addressed Parquet parts
    intake     all of the above over a whole batch, in bounded memory
    difference what changed against the state before, with before-images
    views      what a grant may see, cut out physically

Nothing here knows a database, HTTP or the clock.
"""
