// CLI11's class of commands, without its headers: only the commands' own files pay for those.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): its own name
class App;
}
