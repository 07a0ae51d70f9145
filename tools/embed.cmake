# Writes OUTPUT: a C table of the files INPUTS, by name. Bytes are written as hex numbers, so that
# no quote, semicolon or bracket of the SQL can be misread on the way.
set(body "/* Made by tools/embed.cmake from schema. */\n#include \"schema.h\"\n")
set(table "")
list(SORT INPUTS)
foreach(input ${INPUTS})
  get_filename_component(name ${input} NAME_WE)
  file(READ ${input} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "(('[^']+',){16})" "\\1\n" bytes "${bytes}")
  string(APPEND body "static const char sql_${name}[] = {\n${bytes}'\\0'};\n")
  string(APPEND table "    {\"${name}\", sql_${name}},\n")
endforeach()
file(WRITE ${OUTPUT} "${body}const schema_file schema_files[] = {\n${table}    {0, 0}};\n")
