// Admission's settings as a table.
#pragma once

#include "admission/admission.h"
#include "base/settings.h"

namespace artery::admission {

Settings settings_of(AdmissionSettings& to);

}  // namespace artery::admission
