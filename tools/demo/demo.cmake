add_executable(ckl-demo tools/demo/demo.c tools/demo/network.c tools/demo/dataset.c)
target_link_libraries(ckl-demo PRIVATE ckl_static m)
