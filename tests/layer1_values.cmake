ckl_unit_test(vectors 1)
