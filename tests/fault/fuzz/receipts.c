/* A receipt that was kept elsewhere: the first byte chooses the rest as it is, or as places and
 * bytes to put there into the ledger's own. */
#include "../damage/answers.h"
#include "documents.h"
#include "place.h"

static char root[128], *own;

int LLVMFuzzerInitialize(int *count, char ***words)
{
    static history made;
    char path[128];
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    snprintf(path, sizeof path, "%s/small", fuzz_place());
    history_make(&made, path, false);
    snprintf(root, sizeof root, "%s/small/root", fuzz_place());
    MUST(ckl_manager_open(&manager, root, NULL, &err) == CKL_OK &&
             ckl_receipt(&own, manager, &err) == CKL_OK,
         "%s", err.message);
    ckl_manager_close(manager);
    (void)count;
    (void)words;
    return 0;
}

/* How many findings there are; -1: it is refused. */
static long check_against(const char *receipt)
{
    ckl_check *check = NULL;
    ckl_finding finding;
    ckl_error err = {0};
    long count = 0;
    ckl_check_options options = {.receipt = receipt};
    ckl_status status = ckl_check_open(&check, root, &options, &err);
    must_be_told_or_given(status, check, &err);
    if (status != CKL_OK)
        return -1;
    while ((status = ckl_check_next(&finding, check, &err)) == CKL_OK) {
        MUST(strcmp(finding.kind, "receipt") == 0, "%s: %s", finding.kind, finding.message);
        must_be_one_line(finding.message);
        count++;
    }
    MUST(status == CKL_DONE, "%s", err.message);
    ckl_check_close(check);
    return count;
}

static bool names_the_same(const char *one, const char *other)
{
    static const char *const KEYS[] = {"ledger", "seq", "chain"};
    json_t *first = json_loads(one, 0, NULL), *second = json_loads(other, 0, NULL);
    bool same = first != NULL && second != NULL;
    for (size_t at = 0; same && at < sizeof KEYS / sizeof *KEYS; at++)
        same = json_equal(json_object_get(first, KEYS[at]), json_object_get(second, KEYS[at])) == 1;
    json_decref(first);
    json_decref(second);
    return same;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0 || size > 4096)
        return 0;
    char *text = bytes[0] % 2 == 0 ? strndup((const char *)bytes + 1, size - 1) : strdup(own);
    MUST(text != NULL, "memory");
    if (bytes[0] % 2 == 1)
        for (size_t at = 1; at + 1 < size; at += 2)
            text[bytes[at] % strlen(own)] = (char)(bytes[at + 1] != 0 ? bytes[at + 1] : ' ');
    long findings = check_against(text);
    MUST(strcmp(text, own) != 0 || findings == 0, "its own receipt is not taken");
    MUST(findings != 0 || names_the_same(text, own), "another receipt is taken: %s", text);
    free(text);
    return 0;
}
