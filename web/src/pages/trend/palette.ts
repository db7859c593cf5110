// Colours of trend lines, told apart on both grounds and by most eyes that see fewer colours (after Okabe and Ito, darkened
// for light, lightened for dark). Written as CSS does; a canvas wants them resolved.
export const PALETTE = [
  'light-dark(#1f5fa8, #7db4f0)',
  'light-dark(#b4520a, #f0a35e)',
  'light-dark(#0d7a5f, #4fc9a5)',
  'light-dark(#a2397f, #e893cb)',
  'light-dark(#6b6a12, #cfc95a)',
  'light-dark(#0f7f9c, #5fcbe6)',
  'light-dark(#5a4bb0, #b0a3f5)',
  'light-dark(#7a4a30, #c99f83)',
] as const;

export const colourAt = (index: number): string => PALETTE[index % PALETTE.length] ?? PALETTE[0];

// Each colour is resolved once: a change of appearance needs a new resolver.
export function resolver(element: HTMLElement): (css: string) => string {
  const known = new Map<string, string>();
  return (css) => {
    let colour = known.get(css);
    if (colour === undefined) {
      const probe = document.createElement('span');
      probe.style.color = css;
      element.append(probe);
      known.set(css, (colour = getComputedStyle(probe).color));
      probe.remove();
    }
    return colour;
  };
}
