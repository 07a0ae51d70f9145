"""The guide's protocol of datasets ("Data state not tracking").

    get_sample_uids() or .sample_ids or .uids      which samples there are
    is_discarded(uid)                              which of them do not count
    get_tags(uid) or .tags, a dict                 how they are tagged; without either: not at all
"""

from . import errors


def uids_of(dataset):
    """The uids that a dataset names, by the first of the three ways that it has."""
    if callable(getattr(dataset, "get_sample_uids", None)):
        uids = dataset.get_sample_uids()
    elif getattr(dataset, "sample_ids", None) is not None:
        uids = dataset.sample_ids
    elif getattr(dataset, "uids", None) is not None:
        uids = dataset.uids
    else:
        raise errors.InvalidValueError(
            f"{type(dataset).__name__} does not name its samples: it has neither "
            "get_sample_uids() nor .sample_ids nor .uids",
            "give it one of the three; is_discarded(uid) and get_tags(uid) or .tags are asked, too")
    return uids.tolist() if hasattr(uids, "tolist") else list(uids)


def tags_by_uid(dataset, uids):
    """The tags of each uid that has any."""
    if callable(getattr(dataset, "get_tags", None)):
        found = ((uid, dataset.get_tags(uid)) for uid in uids)
    elif hasattr(getattr(dataset, "tags", None), "items"):
        found = dataset.tags.items()
    else:
        return {}
    return {uid: tags if isinstance(tags, str) else list(tags) for uid, tags in found if tags}


def state_of(dataset):
    """The data state of a dataset, in the guide's form."""
    uids = uids_of(dataset)
    is_discarded = getattr(dataset, "is_discarded", None)
    if not callable(is_discarded):
        raise errors.InvalidValueError(
            f"{type(dataset).__name__} has no is_discarded(uid)",
            "return False from it when no sample is ever discarded")
    return {"uids": uids, "discarded": [uid for uid in uids if is_discarded(uid)],
            "tags": tags_by_uid(dataset, uids)}




def apply_changes(dataset, samples):
    """Tells a dataset of changes from elsewhere, through its own methods as far as it has them."""
    by_text = None
    for sample in samples:
        if by_text is None:
            by_text = {str(uid): uid for uid in uids_of(dataset)}
        uid = by_text.get(sample.uid, sample.uid)
        was_discarded, is_discarded = sample.discarded_from, sample.discarded_to
        if is_discarded and not was_discarded:
            _tell(dataset, "discard", uid)
        elif was_discarded and is_discarded is False:
            _tell(dataset, "restore", uid)
        for tag in sample.tags_added:
            _tell(dataset, "add_tag", uid, tag)
        for tag in sample.tags_removed:
            _tell(dataset, "remove_tag", uid, tag)


def _tell(dataset, method, *arguments):
    function = getattr(dataset, method, None)
    if callable(function):
        function(*arguments)
