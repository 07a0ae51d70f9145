"""Tables that follow from others: what they must hold, compared with what they hold."""


def columns_of(db, table):
    """All columns, and the places of those that tell rows apart."""
    info = db.execute("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (table,)).fetchall()
    names = [name for name, _ in info]
    key = sorted((pk, place) for place, (_, pk) in enumerate(info) if pk)
    return names, [place for _, place in key]


def same(first, second):
    """Equal, and of one kind: 1 is not 1.0, and text is not bytes."""
    return first == second and type(first) is type(second)


def compare(found, db, table, expected, where=""):
    """`expected`: rows as mappings of column to value. What a row does not say is not compared."""
    names, key = columns_of(db, table)
    wanted = {tuple(row[names[place]] for place in key): row for row in expected}
    seen = set()
    for row in db.execute(f'SELECT {", ".join(names)} FROM "{table}" {where}'):
        number = tuple(row[place] for place in key)
        seen.add(number)
        if number not in wanted:
            found.add("derived", table, number, "is there, but nothing in history says so")
            continue
        wrong = [f"{name} is {short(value)}, not {short(wanted[number][name])}"
                 for name, value in zip(names, row)
                 if name in wanted[number] and not same(value, wanted[number][name])]
        if wrong:
            found.add("derived", table, number, "; ".join(wrong))
    for number in wanted.keys() - seen:
        found.add("derived", table, number, "is not there, but follows from history")


def short(value):
    text = value.hex() if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
