// Choices of this person on this machine. Where storage is forbidden they last as long as the page.
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(`artery.${key}`);
  } catch {
    return null;
  }
}

export function store(key: string, value: string) {
  try {
    localStorage.setItem(`artery.${key}`, value);
  } catch {
    // A private window; nothing is lost that matters.
  }
}
