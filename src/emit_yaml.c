#include "emit_yaml.h"
