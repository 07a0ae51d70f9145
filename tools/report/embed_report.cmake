# Writes OUTPUT: the page of `ckl report` before and after its data, as two C arrays. Into PAGE go
# STYLE and, one after the other in a function of their own, SCRIPTS; its Content-Security-Policy
# names their digests, so that a browser runs this script and no other.

# The SHA-256 of a text as a browser wants it: base64 of its bytes.
function(digest_of out text)
  set(letters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 hex "${text}")
  set(result "")
  foreach(at RANGE 0 60 6) # 32 bytes: ten groups of three, and one of two
    string(SUBSTRING "${hex}00" ${at} 6 group)
    math(EXPR number "0x${group}")
    foreach(shift 18 12 6 0)
      math(EXPR letter "(${number} >> ${shift}) & 63")
      string(SUBSTRING "${letters}" ${letter} 1 character)
      string(APPEND result "${character}")
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" result "${result}")
  set(${out} "${result}" PARENT_SCOPE)
endfunction()

# A text as a C array. Bytes are written as hex numbers, so that nothing can be misread on the way.
function(append_array name text)
  file(WRITE ${OUTPUT}.text "${text}")
  file(READ ${OUTPUT}.text bytes HEX)
  file(REMOVE ${OUTPUT}.text)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "(('[^']+',){16})" "\\1\n" bytes "${bytes}")
  file(APPEND ${OUTPUT} "const char ${name}[] = {\n${bytes}'\\0'};\n")
endfunction()

# Brackets and semicolons of the sources mean something to CMake's lists: no list is made of them.
file(READ ${PAGE} page)
file(READ ${STYLE} style)
set(script "(() => {\n\"use strict\";\n")
foreach(each ${SCRIPTS})
  file(READ ${each} text)
  string(APPEND script "${text}\n")
endforeach()
string(APPEND script "})();\n")
set(style "\n${style}")
set(script "\n${script}")
digest_of(style_digest "${style}")
digest_of(script_digest "${script}")
string(REPLACE "{{style-digest}}" "sha256-${style_digest}" page "${page}")
string(REPLACE "{{script-digest}}" "sha256-${script_digest}" page "${page}")
string(REPLACE "{{style}}" "${style}" page "${page}")
string(REPLACE "{{script}}" "${script}" page "${page}")
string(FIND "${page}" "{{data}}" place)
string(SUBSTRING "${page}" 0 ${place} head)
math(EXPR place "${place} + 8")
string(SUBSTRING "${page}" ${place} -1 tail)
file(WRITE ${OUTPUT} "/* Made by tools/report/embed_report.cmake. */\n"
     "extern const char report_page_head[];\nextern const char report_page_tail[];\n")
append_array(report_page_head "${head}")
append_array(report_page_tail "${tail}")
