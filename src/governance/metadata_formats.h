// The two formats of catalogue_io.h, each way. For governance itself.
#pragma once

#include <string>
#include <string_view>

#include "governance/catalogue_io.h"

namespace artery::governance {

std::string export_csv(const Catalogue& catalogue, const Selection& selection);
std::string export_json(const Catalogue& catalogue, const Selection& selection);
Result<Import> import_csv(std::string_view text);
Result<Import> import_json(std::string_view text);

// Calls visit(asset) for all assets selected, then visit(signal) for all signals.
template <class Visit>
void visit_metadata(const Catalogue& catalogue, Selection selection, Visit visit) {
  const auto visit_pages = [&](auto list) {
    selection.after.clear();
    selection.limit = 1000;
    while (true) {
      const auto page = list(selection);
      for (const auto& one : page.items) visit(one);
      if (!page.next) return;
      selection.after = *page.next;
    }
  };
  visit_pages([&](const Selection& part) { return catalogue.assets(part); });
  visit_pages([&](const Selection& part) { return catalogue.signals(part); });
}

}  // namespace artery::governance
