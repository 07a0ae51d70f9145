ckl_layer(2 src/fs.c src/fs_writer.c src/db.c src/db_open.c ${CKL_SCHEMA_C})
