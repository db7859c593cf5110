// The catalogue's settings as a table.
#pragma once

#include "base/settings.h"
#include "governance/assigner.h"
#include "governance/catalogue_reader.h"

namespace artery::governance {

Settings settings_of(AssignerSettings& to);
Settings settings_of(CatalogueReaderSettings& to);

}  // namespace artery::governance
