ckl_unit_test(vectors 1)
ckl_unit_test(hash 1)
# The test stands in for a locale with a decimal comma.
ckl_unit_test(canon 1)
target_link_options(test_canon PRIVATE -Wl,--wrap=snprintf,--wrap=strtod)
ckl_unit_test(model 1)
ckl_unit_test(state 1)
ckl_unit_test(state_properties 1)
ckl_unit_test(state_input 1)
