# Corruption: one thing of a root, or of what is given to it, is not as it was written.
# CKL_DAMAGES and CKL_SEED say how many and which; see main.c.
set(FIXED_CALLS LINKER:--wrap=getrandom LINKER:--wrap=clock_gettime)
add_executable(fault_damage tests/fault/damage/main.c tests/fault/damage/answers.c
               tests/fault/damage/fixed.c tests/fault/damage/inputs.c tests/fault/errors/places.c)
target_link_libraries(fault_damage PRIVATE ckl_static)
target_link_options(fault_damage PRIVATE ${FIXED_CALLS})
add_test(NAME fault/damage COMMAND fault_damage)
