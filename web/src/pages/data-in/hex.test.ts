import { expect, test } from 'vitest';
import { bytesOf, hexRows, visible } from './hex';

test('bytes stand in rows with their place, digits and text', () => {
  const rows = hexRows(bytesOf(btoa('\x10\x00MQTT\xff 12')), 8);
  expect(rows).toEqual([
    { at: '0000', hex: '10 00 4d 51  54 54 ff 20', text: '··MQTT· ' },
    { at: '0008', hex: '31 32                   ', text: '12' },
  ]);
  expect(rows[0]!.hex.length).toBe(rows[1]!.hex.length);
  expect(hexRows(bytesOf(''), 8)).toEqual([]);
});

test('a text in one line shows its ends of lines', () => {
  expect(visible('m v=1\r\nm v=\t\u0000温度')).toBe('m v=1⏎m v=⇥·温度');
});
