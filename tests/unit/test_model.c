/* Models: canonical text, what is refused, the description that reads back, the pickle. */
#include <ckl/ckl.h>

#include "pickle.h"
#include "value.h"
#include "values_test.h"

static ckl_model *read_model(const char *text)
{
    ckl_model *model = NULL;
    ckl_error err = {0};
    ckl_status status =
        ckl_model_parse(&model, text, strlen(text), CKL_FORMAT_JSON, "m.json", NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s: %s", text, err.message);
    return model;
}

static char *canonical(const ckl_model *model)
{
    char *text = NULL;
    ck_assert_int_eq(ckl_canonical_text(&text, NULL, model, NULL, NULL, NULL, NULL), CKL_OK);
    return text;
}

START_TEST(canonical_texts)
{
    static const char *const PAIRS[][2] = {
        {"{\"class\": \"Net\"}", "class:Net"},
        {"{\"class\": \"Net\", \"modules\": []}", "class:Net"},
        {"{\"class\": \"SimpleCNN\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\"},"
         "{\"name\": \"conv1\", \"type\": \"Conv2d\", \"attributes\": {\"in\": 1, \"out\": 8,"
         " \"k\": [3, 3], \"s\": [1, 1]}}]}",
         "class:SimpleCNN|conv1:Conv2d_in1_out8_k(3, 3)_s(1, 1)|fc:Linear"},
        {"{\"class\": \"N\", \"attributes\": {\"z\": true, \"a\": false, \"n\": null, \"r\": 1e-5,"
         " \"i\": -3, \"t\": \"x y\"}}",
         "class:N_zTrue_aFalse_nNone_r1e-05_i-3_tx y"},
        {"{\"class\": \"N\", \"attributes\": {\"e\": [], \"o\": [3], \"d\": [[1, 2.0], [\"a\", "
         "null]]}}",
         "class:N_e()_o(3,)_d((1, 2.0), (a, None))"},
        {"{\"class\": \"a:b|c\\\\d\", \"modules\": [{\"name\": \"x:y|z\\\\\", \"type\": "
         "\"p:q|\\\\\","
         " \"attributes\": {\"k|\": \"v|\\\\:\"}}]}",
         "class:a:b\\|c\\\\d|x\\:y\\|z\\\\:p:q\\|\\\\_k\\|v\\|\\\\:"},
        /* sorted by bytes, class among the others */
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"\xc3\xa9\", \"type\": \"T\"},"
         "{\"name\": \"z\", \"type\": \"T\"}, {\"name\": \"Z\", \"type\": \"T\"},"
         "{\"name\": \"b\", \"type\": \"T\"}]}",
         "Z:T|b:T|class:N|z:T|\xc3\xa9:T"}};
    for (size_t index = 0; index < COUNT(PAIRS); index++) {
        ckl_model *model = read_model(PAIRS[index][0]);
        char *text = canonical(model);
        ck_assert_str_eq(text, PAIRS[index][1]);
        ckl_free(text);
        ckl_model_free(model);
    }
}
END_TEST

START_TEST(refused)
{
    static const char *const PAIRS[][2] = {
        {"[]", "m.json: a model is an object"},
        {"{}", "m.json: at /class: a text that is not empty is expected"},
        {"{\"class\": \"\"}", "at /class"},
        {"{\"class\": 3}", "at /class"},
        {"{\"class\": 12345678901234567000}", "at /class"},
        {"{\"class\": \"N\", \"layers\": []}", "m.json: at /: unknown key 'layers' in a model"},
        {"{\"class\": \"N\", \"modules\": {}}", "at /modules: a list of modules is expected"},
        {"{\"class\": \"N\", \"modules\": [\"x\"]}", "at /modules/0: a module"},
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": \"T\"}, {\"type\": \"T\"}]}",
         "at /modules/1: 'name'"},
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"\", \"type\": \"T\"}]}",
         "at /modules/0: 'name'"},
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": null}]}",
         "at /modules/0: 'type'"},
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": \"T\", \"kind\": 1}]}",
         "at /modules/0: unknown key 'kind'"},
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": \"T\"},"
         "{\"name\": \"b\", \"type\": \"T\"}, {\"name\": \"a\", \"type\": \"U\"}]}",
         "m.json: duplicate module name 'a'"},
        {"{\"class\": \"N\", \"attributes\": []}", "at /: 'attributes', an object, is expected"},
        {"{\"class\": \"N\", \"attributes\": {\"\": 1}}",
         "m.json: / has an attribute with an empty"},
        {"{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": \"T\","
         " \"attributes\": {\"k\": [1, {\"x\": 1}]}}]}",
         "m.json: attribute 'k' of /modules/0 is not"},
        {"{\"class\": \"N\", \"attributes\": {\"k\": 1, \"k\": 2}}", "duplicate key"},
        {"{\"class\": \"N\"", "m.json"}};
    for (size_t index = 0; index < COUNT(PAIRS); index++) {
        ckl_model *model = NULL;
        ckl_error err = {0};
        const char *text = PAIRS[index][0];
        ckl_status status =
            ckl_model_parse(&model, text, strlen(text), CKL_FORMAT_JSON, "m.json", NULL, &err);
        ck_assert_msg(status == CKL_INVALID, "%s", text);
        ck_assert_ptr_null(model);
        ck_assert_msg(strstr(err.message, PAIRS[index][1]) != NULL, "%s: '%s'", text, err.message);
    }
}
END_TEST

START_TEST(built_by_calls)
{
    ckl_error err = {0};
    ckl_model *model = NULL;
    ck_assert_int_eq(ckl_model_new(&model, "", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_new(&model, "N\xff", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_new(&model, "Net", NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_add_attribute(model, "depth", "2", NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_add_module(model, "fc", "Linear", NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_add_attribute(model, "out", "[8, \"a\"]", NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_add_attribute(model, "bias", "true", NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_add_module(model, "fc", "Conv", &err), CKL_INVALID);
    ck_assert_str_eq(err.message, "duplicate module name 'fc'");
    ckl_error_clear(&err);
    ck_assert_int_eq(ckl_model_add_attribute(model, "bias", "1", &err), CKL_INVALID);
    ck_assert_str_eq(err.message, "duplicate attribute 'bias' of fc");
    ck_assert_int_eq(ckl_model_add_attribute(model, "x", "{}", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_add_attribute(model, "x", "tru", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_add_attribute(model, "", "1", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_add_module(model, "", "T", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_add_module(model, "a", "", NULL), CKL_INVALID);
    char *text = canonical(model);
    ck_assert_str_eq(text, "class:Net_depth2|fc:Linear_out(8, a)_biasTrue");
    ckl_free(text);
    ckl_model_free(model);
}
END_TEST

static void expect_architecture(const ckl_model *model, const char *expected, size_t size)
{
    BUF_AUTO bytes = BUF_INIT;
    ck_assert_int_eq(model_architecture(&bytes, model, NULL), CKL_OK);
    ck_assert_uint_eq(bytes.size, size);
    ck_assert_int_eq(memcmp(bytes.data, expected, size), 0);
}

START_TEST(opaque_bytes)
{
    ckl_model *opaque = NULL, *described = read_model("{\"class\": \"N\"}");
    size_t over = (size_t)64 * 1024 * 1024 + 1;
    char *large = calloc(1, over);
    BUF_AUTO text = BUF_INIT;
    ck_assert_int_eq(ckl_model_from_bytes(&opaque, "a\0b", 3, NULL), CKL_OK);
    ck_assert_int_eq(model_canonical(&text, opaque, NULL), CKL_OK);
    ck_assert_uint_eq(text.size, 3);
    ck_assert_int_eq(memcmp(text.data, "a\0b", 3), 0);
    expect_architecture(opaque, "a\0b", 3);
    ck_assert_int_eq(ckl_model_add_module(opaque, "a", "T", NULL), CKL_MISUSE);
    ck_assert_int_eq(ckl_model_add_attribute(opaque, "a", "1", NULL), CKL_MISUSE);
    ck_assert_int_eq(model_description(&text, opaque, NULL), CKL_MISUSE);
    /* what is saved does not take part in the hash */
    ck_assert_int_eq(ckl_model_set_architecture(described, "first", 5, NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_set_architecture(described, "pkl", 3, NULL), CKL_OK);
    ck_assert_int_eq(ckl_model_set_architecture(described, large, over, NULL), CKL_INVALID);
    expect_architecture(described, "pkl", 3);
    char *canon = canonical(described);
    ck_assert_str_eq(canon, "class:N");
    ckl_free(canon);
    ckl_model_free(opaque);
    opaque = NULL;
    ck_assert_int_eq(ckl_model_from_bytes(&opaque, large, over, NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_model_from_bytes(&opaque, large, over - 1, NULL), CKL_OK);
    free(large);
    ckl_model_free(opaque);
    ckl_model_free(described);
}
END_TEST

/* ---- properties ------------------------------------------------------------------------------ */

static const char NASTY[] = "ab_|\\:,\"(\n\x01 ";

static json_t *random_json(chance *source, unsigned depth, bool objects)
{
    char text[16];
    json_t *value;
    switch (chance_below(source, depth == 0 ? 6 : objects ? 8 : 7)) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(chance_below(source, 2));
    case 2:
        return json_integer((json_int_t)chance_number(source));
    case 3:
        return json_integer((json_int_t)chance_below(source, 300) - 150);
    case 4:
        return json_real((double)(int64_t)chance_number(source) / 1e12);
    case 5:
        chance_text(text, source, NASTY, 12);
        return json_string(text);
    case 6:
        value = json_array();
        for (size_t size = chance_below(source, 4); size > 0; size--)
            json_array_append_new(value, random_json(source, depth - 1, objects));
        return value;
    default:
        value = json_object();
        for (size_t size = chance_below(source, 4); size > 0; size--) {
            chance_text(text, source, NASTY, 3);
            json_object_set_new(value, text, random_json(source, depth - 1, objects));
        }
        return value;
    }
}

/* Duplicate names are refused, and that is fine here. */
static void add_random_attribute(ckl_model *model, chance *source)
{
    char key[16];
    chance_text(key, source, NASTY, 4);
    json_t *value = random_json(source, 3, false);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    ckl_status status = ckl_model_add_attribute(model, key, text, NULL);
    ck_assert(status == CKL_OK || status == CKL_INVALID);
    free(text);
    json_decref(value);
}

static ckl_model *random_model(chance *source)
{
    char name[16], type[16];
    ckl_model *model = NULL;
    chance_text(name, source, NASTY, 6);
    ck_assert_int_eq(ckl_model_new(&model, name, NULL), CKL_OK);
    for (size_t count = chance_below(source, 3); count > 0; count--)
        add_random_attribute(model, source);
    for (size_t modules = chance_below(source, 6); modules > 0; modules--) {
        chance_text(name, source, NASTY, 3);
        chance_text(type, source, NASTY, 6);
        if (ckl_model_add_module(model, name, type, NULL) != CKL_OK)
            continue;
        for (size_t count = chance_below(source, 3); count > 0; count--)
            add_random_attribute(model, source);
    }
    return model;
}

START_TEST(description_reads_back)
{
    chance source = {20260103};
    size_t modules = 0, attributes = 0;
    for (int round = 0; round < 3000; round++) {
        BUF_AUTO description = BUF_INIT, again = BUF_INIT;
        ckl_model *model = random_model(&source);
        ck_assert_int_eq(model_description(&description, model, NULL), CKL_OK);
        ckl_model *copy = read_model(description.data);
        char *first = canonical(model), *second = canonical(copy);
        ck_assert_str_eq(first, second);
        ck_assert_int_eq(model_description(&again, copy, NULL), CKL_OK);
        ck_assert_str_eq(description.data, again.data);
        modules += model->module_count;
        attributes += json_object_size(model->attributes);
        ckl_free(first);
        ckl_free(second);
        ckl_model_free(model);
        ckl_model_free(copy);
    }
    ck_assert_uint_gt(modules, 3000);
    ck_assert_uint_gt(attributes, 1500);
}
END_TEST

START_TEST(deepest_lists_read_back)
{
    char lists[300];
    BUF_AUTO description = BUF_INIT, bytes = BUF_INIT;
    ckl_model *model =
        read_model("{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": \"T\"}]}");
    memset(lists, '[', 125);
    memset(lists + 125, ']', 125);
    lists[250] = '\0';
    ck_assert_int_eq(ckl_model_add_attribute(model, "over", lists, NULL), CKL_INVALID);
    lists[249] = '\0';
    ck_assert_int_eq(ckl_model_add_attribute(model, "fits", lists + 1, NULL), CKL_OK);
    ck_assert_int_eq(model_description(&description, model, NULL), CKL_OK);
    ckl_model_free(read_model(description.data));
    ck_assert_int_eq(model_architecture(&bytes, model, NULL), CKL_OK);
    ckl_model_free(model);
}
END_TEST

static int compare_texts(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

/* Every text of 1 or 2 of the four characters that matter. */
static const char *every_name(size_t index)
{
    static const char *const NAMES[20] = {"a",   ":",   "|",   "\\",  "aa",  "a:",  "a|",
                                          "a\\", ":a",  "::",  ":|",  ":\\", "|a",  "|:",
                                          "||",  "|\\", "\\a", "\\:", "\\|", "\\\\"};
    return NAMES[index];
}

/* All models of a class and up to two modules are told apart (without attributes: those are told
 * apart from a longer type by nothing, as in the guide's system). */
START_TEST(injective)
{
    size_t count = 0, capacity = 20 * 401 + 190 * 400;
    char **texts = calloc(capacity, sizeof *texts);
    for (size_t first = 0; first < 20; first++) {
        for (size_t rest = 0; rest < 401 + (first == 0 ? 190 * 400 : 0); rest++) {
            ckl_model *model = NULL;
            ck_assert_int_eq(ckl_model_new(&model, every_name(first), NULL), CKL_OK);
            if (rest > 0 && rest <= 400)
                ck_assert_int_eq(ckl_model_add_module(model, every_name((rest - 1) / 20),
                                                      every_name((rest - 1) % 20), NULL),
                                 CKL_OK);
            if (rest > 400) {
                size_t types = (rest - 401) % 400, pair = (rest - 401) / 400, low = 0;
                while (pair >= 19 - low)
                    pair -= 19 - low++;
                ck_assert_int_eq(
                    ckl_model_add_module(model, every_name(low), every_name(types / 20), NULL),
                    CKL_OK);
                ck_assert_int_eq(ckl_model_add_module(model, every_name(low + 1 + pair),
                                                      every_name(types % 20), NULL),
                                 CKL_OK);
            }
            texts[count++] = canonical(model);
            ckl_model_free(model);
        }
    }
    ck_assert_uint_eq(count, capacity);
    qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t index = 1; index < count; index++)
        ck_assert_str_ne(texts[index - 1], texts[index]);
    for (size_t index = 0; index < count; index++)
        ckl_free(texts[index]);
    free(texts);
}
END_TEST

/* ---- pickles --------------------------------------------------------------------------------- */

static void write_field(FILE *file, const char *content, size_t size)
{
    uint64_t length = size;
    ck_assert_uint_eq(fwrite(&length, sizeof length, 1, file), 1);
    ck_assert_uint_eq(fwrite(content, 1, size, file), size);
}

static void write_record(FILE *file, const json_t *value)
{
    BUF_AUTO pickled = BUF_INIT, again = BUF_INIT;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    ck_assert_int_eq(pickle_value(&pickled, value, NULL), CKL_OK);
    ck_assert_int_eq(pickle_value(&again, value, NULL), CKL_OK);
    ck_assert_uint_eq(pickled.size, again.size);
    ck_assert_int_eq(memcmp(pickled.data, again.data, again.size), 0);
    write_field(file, text, strlen(text));
    write_field(file, pickled.data, pickled.size);
    free(text);
}

/* Python's json reads what Jansson wrote, Python's pickle what pickle.c wrote. */
START_TEST(python_loads_pickles)
{
    chance source = {20260104};
    char path[] = "/tmp/ckl-pickle-XXXXXX", command[512];
    int count = 0;
    if (!python_is_there())
        return;
    FILE *file = fdopen(mkstemp(path), "wb");
    ck_assert_ptr_nonnull(file);
    static const json_int_t EDGES[] = {0,          -1,          255,       INT32_MAX, INT32_MIN,
                                       2147483648, -2147483649, INT64_MAX, INT64_MIN};
    for (size_t index = 0; index < COUNT(EDGES); index++) {
        json_t *edge = json_integer(EDGES[index]);
        write_record(file, edge);
        json_decref(edge);
    }
    for (int round = 0; round < 2000; round++) {
        json_t *value = random_json(&source, 4, true);
        write_record(file, value);
        json_decref(value);
    }
    ck_assert_int_eq(fclose(file), 0);
    snprintf(command, sizeof command, PYTHON " -B %s/values/check_pickle.py %s", TESTS_DIR, path);
    FILE *answer = popen(command, "r");
    ck_assert_ptr_nonnull(answer);
    int read = fscanf(answer, "%d", &count);
    ck_assert_int_eq(pclose(answer), 0);
    unlink(path);
    ck_assert_int_eq(read, 1);
    ck_assert_int_eq(count, 2000 + (int)COUNT(EDGES));
}
END_TEST

START_TEST(description_as_pickle)
{
    static const char EXPECTED[] =
        "\x80\x02}(X\5\0\0\0classX\1\0\0\0NX\x7\0\0\0modules](}(X\4\0\0\0name"
        "X\1\0\0\0aX\4\0\0\0typeX\1\0\0\0TX\xa\0\0\0attributes}(X\1\0\0\0k"
        "](J\3\0\0\0J\3\0\0\0euueu.";
    ckl_model *model =
        read_model("{\"class\": \"N\", \"modules\": [{\"name\": \"a\", \"type\": \"T\","
                   " \"attributes\": {\"k\": [3, 3]}}]}");
    expect_architecture(model, EXPECTED, sizeof EXPECTED - 1);
    ckl_model_free(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, canonical_texts);
    tcase_add_test(all, refused);
    tcase_add_test(all, built_by_calls);
    tcase_add_test(all, opaque_bytes);
    tcase_add_test(all, description_reads_back);
    tcase_add_test(all, deepest_lists_read_back);
    tcase_add_test(all, injective);
    tcase_add_test(all, python_loads_pickles);
    tcase_add_test(all, description_as_pickle);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
