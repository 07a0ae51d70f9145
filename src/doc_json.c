#include "doc.h"
