// Bytes as people look at them: where, in hexadecimal digits, and as text. Pure.
export type HexRow = { at: string; hex: string; text: string };

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

export function hexRows(bytes: Uint8Array, perRow: number): HexRow[] {
  const two = (byte: number) => byte.toString(16).padStart(2, '0');
  return Array.from({ length: Math.ceil(bytes.length / perRow) }, (_, i) => {
    const row = [...bytes.subarray(i * perRow, (i + 1) * perRow)];
    const halves = [row.slice(0, perRow / 2), row.slice(perRow / 2)].map((half) => half.map(two).join(' '));
    return {
      at: (i * perRow).toString(16).padStart(4, '0'),
      hex: halves.join('  ').padEnd(perRow * 3),
      text: row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    };
  });
}

// A text in one line, with signs for what would not be seen.
export function visible(text: string): string {
  return text.replace(/\r?\n/g, '⏎').replace(/\t/g, '⇥').replace(/[\u0000-\u001f\u007f]/g, '·');
}
