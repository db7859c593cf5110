// The address is the state: path and query. Plain links (`<a href="/trend?s=...">`) are taken by startRouting(), so that
// they neither reload the page nor need anything of their own; modified clicks and other addresses are the browser's.
export type Query = Record<string, string | readonly string[] | number | undefined>;

// What is undefined, empty or an empty list is left out.
export function href(path: string, query: Query = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) words.append(name, String(one));
  }
  return words.size > 0 ? `${path}?${words}` : path;
}

// '/plant/a%20b/c' below '/plant' is 'a b/c'; a path that cannot be decoded names nothing.
export function below(path: string, page: string): string {
  if (!path.startsWith(page + '/')) return '';
  try {
    return path.slice(page.length + 1).split('/').map(decodeURIComponent).join('/');
  } catch {
    return '';
  }
}

class Route {
  path = $state('/');
  query = $state.raw(new URLSearchParams());

  read() {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  // `replace` for what is no step back: a cursor that moves, a range that is dragged.
  go(address: string, options: { replace?: boolean } = {}) {
    if (address !== location.pathname + location.search) {
      history[options.replace ? 'replaceState' : 'pushState'](null, '', address);
    }
    this.read();
  }
}

export const route = new Route();

export function startRouting(isPage: (path: string) => boolean) {
  route.read();
  addEventListener('popstate', () => route.read());
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.hash || !isPage(link.pathname)) return;
    event.preventDefault();
    route.go(link.pathname + link.search);
  });
}
