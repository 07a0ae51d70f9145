# The page of `ckl report`, embedded in the command.
set(CKL_REPORT_FOLDER ${CMAKE_SOURCE_DIR}/tools/report)
set(CKL_REPORT_SCRIPTS "")
foreach(name history page chart timeline lineage metrics samples compare report)
  list(APPEND CKL_REPORT_SCRIPTS ${CKL_REPORT_FOLDER}/${name}.js)
endforeach()
set(CKL_REPORT_C ${CMAKE_BINARY_DIR}/report_page.c)
add_custom_command(
  OUTPUT ${CKL_REPORT_C}
  COMMAND ${CMAKE_COMMAND} -D OUTPUT=${CKL_REPORT_C} -D PAGE=${CKL_REPORT_FOLDER}/report.html
          -D STYLE=${CKL_REPORT_FOLDER}/report.css -D "SCRIPTS=${CKL_REPORT_SCRIPTS}"
          -P ${CKL_REPORT_FOLDER}/embed_report.cmake
  DEPENDS ${CKL_REPORT_SCRIPTS} ${CKL_REPORT_FOLDER}/report.html ${CKL_REPORT_FOLDER}/report.css
          ${CKL_REPORT_FOLDER}/embed_report.cmake
  COMMENT "Embedding the page of ckl report"
  VERBATIM)
