// Draws the lines of a trend onto uPlot's canvas: uPlot makes axes and grid, this the data, because quality, gaps, steps
// and states are ours. All lengths in canvas pixels; `px` is one pixel of the page, larger where its words are (a wall).
import type { Signal } from '../../api/client';
import { qualityOf } from '../../lib/format';
import type { Picture } from './cache';
import type { Interval } from './figures';
import type { Bounds } from './range';
import { endOf, piecesOf, startOf, type Column, type Piece } from './series';

export type Line = {
  name: string;
  label: string;
  signal: Signal;
  colour: string;  // resolved, as a canvas takes it
  stepped: boolean;
  gap: number;
  picture: Picture;
  intervals: readonly (Pick<Interval, 'from' | 'to'> & { v: number })[];  // a figure of each, to be seen among the values
};
export type Box = { left: number; top: number; width: number; height: number };
export type Reach = { low: number; high: number };
export type Colours = { text: string; muted: string; bad: string; uncertain: string; band: string; surface: string };
export type Sheet = {
  context: CanvasRenderingContext2D;
  px: number;
  box: Box;
  bounds: Bounds;
  until: number;  // how far a value is known to hold: the node's time
  colours: Colours;
  font: string;
};

// A line is drawn in strokes of so many points: a browser that draws in software takes a time for one stroke that grows with the
// square of its points, where they go up and down all over the plot.
const STROKE_POINTS = 100;

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

function xOf({ box, bounds }: Sheet, t: number) {
  return box.left + ((t - bounds.from) / (bounds.to - bounds.from)) * box.width;
}

function yOf({ box }: Sheet, reach: Reach, v: number) {
  return box.top + ((reach.high - v) / (reach.high - reach.low)) * box.height;
}

export function clipped(sheet: Sheet, box: Box, draw: () => void) {
  const { context } = sheet;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  draw();
  context.restore();
}

// The range of a signal: a faint band behind the line.
export function drawBand(sheet: Sheet, reach: Reach, { low, high }: Signal) {
  if (low === undefined && high === undefined) return;
  const { context, box, colours, px } = sheet;
  const top = high === undefined ? box.top : clamp(yOf(sheet, reach, high), box.top, box.top + box.height);
  const bottom = low === undefined ? box.top + box.height : clamp(yOf(sheet, reach, low), box.top, box.top + box.height);
  context.save();
  context.fillStyle = colours.band;
  context.globalAlpha = 0.22;
  context.fillRect(box.left, top, box.width, bottom - top);
  context.globalAlpha = 0.9;
  context.strokeStyle = colours.band;
  context.lineWidth = px;
  context.beginPath();
  for (const [limit, y] of [[high, top], [low, bottom]] as const) {
    if (limit === undefined || y <= box.top || y >= box.top + box.height) continue;
    context.moveTo(box.left, y);
    context.lineTo(box.left + box.width, y);
  }
  context.stroke();
  context.restore();
}

export function drawLine(sheet: Sheet, reach: Reach, line: Line) {
  const { context, px } = sheet;
  const { columns } = line.picture;
  const pieces = piecesOf(columns, line.stepped, line.gap);
  if (line.stepped && line.picture.last) hold(pieces, columns, Math.min(sheet.bounds.to, sheet.until));
  context.strokeStyle = context.fillStyle = line.colour;
  context.lineWidth = 1.6 * px;
  context.lineJoin = 'round';
  for (const { points, dashed } of pieces) {
    context.setLineDash(dashed ? [5 * px, 4 * px] : []);
    context.lineCap = dashed ? 'butt' : 'round';
    for (let from = 0; from < points.length; from += STROKE_POINTS) {
      const path = new Path2D();
      for (const { t, v } of points.slice(from, from + STROKE_POINTS + 1)) path.lineTo(xOf(sheet, t), yOf(sheet, reach, v));
      context.stroke(path);
    }
  }
  context.setLineDash([]);
  context.lineCap = 'butt';
  drawMarks(sheet, reach, line, pieces);
}

// A figure per interval: a broad step beneath the line that it is of.
export function drawIntervals(sheet: Sheet, reach: Reach, { colour, intervals }: Line) {
  const { context, px } = sheet;
  context.save();
  context.strokeStyle = colour;
  context.globalAlpha = 0.35;
  context.lineWidth = 5 * px;
  context.beginPath();
  for (const { from, to, v } of intervals) {
    const y = yOf(sheet, reach, v);
    context.moveTo(xOf(sheet, from), y);
    context.lineTo(xOf(sheet, to), y);
  }
  context.stroke();
  context.restore();
}

// The newest value holds until now, where it was not bad.
function hold(pieces: Piece[], columns: readonly Column[], until: number) {
  const last = columns[columns.length - 1];
  const piece = pieces[pieces.length - 1];
  const point = piece?.points[piece.points.length - 1];
  if (!last || !piece || !point || qualityOf(last.quality) === 'bad' || point.t !== endOf(last)) return;
  if (until > point.t) piece.points.push({ t: until, v: point.v });
}

// Real samples get points where there is room for them; lone ones always, else nobody would see them.
function drawMarks(sheet: Sheet, reach: Reach, line: Line, pieces: readonly Piece[]) {
  const { context, px, box, bounds } = sheet;
  const { columns, raw } = line.picture;
  const seen = columns.filter((column) => startOf(column) < bounds.to && endOf(column) >= bounds.from);
  const roomy = raw && seen.length * 8 * px < box.width;
  for (const { points } of pieces) {
    const [only] = points;
    if (points.length === 1 && only) dot(context, xOf(sheet, only.t), yOf(sheet, reach, only.v), 2 * px);
  }
  let crossed = -Infinity;
  for (const column of seen) {
    const point = column.points[0];
    if (!point || !Number.isFinite(point.v)) continue;
    const [x, y] = [xOf(sheet, point.t), yOf(sheet, reach, point.v)];
    const quality = qualityOf(column.quality);
    // Only as many as stay crosses: too close together they would look like a line.
    if (quality === 'bad' && x - crossed >= 9 * px) cross(sheet, (crossed = x), y);
    else if (roomy && quality === 'uncertain') triangle(sheet, x, y, line.colour);
    else if (roomy && quality === 'good') dot(context, x, y, 2.2 * px);
    if (column.older) diamond(sheet, x, y, line.colour);
  }
}

function dot(context: CanvasRenderingContext2D, x: number, y: number, radius: number) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function cross({ context, px, colours }: Sheet, x: number, y: number) {
  const r = 3 * px;
  context.save();
  context.strokeStyle = colours.bad;
  context.lineWidth = 1.8 * px;
  context.beginPath();
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x + r, y - r);
  context.lineTo(x - r, y + r);
  context.stroke();
  context.restore();
}

function polygon({ context, px, colours }: Sheet, colour: string, points: readonly (readonly [number, number])[]) {
  context.save();
  context.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
  context.fillStyle = colours.surface;
  context.strokeStyle = colour;
  context.lineWidth = 1.4 * px;
  context.fill();
  context.stroke();
  context.restore();
}

function triangle(sheet: Sheet, x: number, y: number, colour: string) {
  const r = 3.6 * sheet.px;
  polygon(sheet, colour, [[x - r, y - r * 0.7], [x + r, y - r * 0.7], [x, y + r]]);
}

function diamond(sheet: Sheet, x: number, y: number, colour: string) {
  const r = 5 * sheet.px;
  polygon(sheet, colour, [[x, y - r], [x + r, y], [x, y + r], [x - r, y]]);
}

// Along the lower edge of the plot, so that a single bad sample of years is seen: bad is solid, uncertain hatched.
export function drawQuality(sheet: Sheet, lines: readonly Line[]) {
  const { context, px, box, colours } = sheet;
  const height = 5 * px;
  const top = box.top + box.height - height;
  for (const kind of ['uncertain', 'bad'] as const) {
    context.fillStyle = context.strokeStyle = colours[kind];
    context.lineWidth = px;
    for (const { picture } of lines) {
      for (const column of picture.columns) {
        if (qualityOf(column.quality) !== kind) continue;
        const [from, to] = [xOf(sheet, startOf(column)), xOf(sheet, endOf(column))];
        const width = Math.max(3 * px, to - from);
        if (from + width < box.left || from > box.left + box.width) continue;
        if (kind === 'bad') {
          context.fillRect(from - px, top, width, height);
        } else {
          context.beginPath();
          for (let x = from; x <= from + width; x += 3 * px) {
            context.moveTo(x, top + height);
            context.lineTo(x + 2 * px, top);
          }
          context.stroke();
        }
      }
    }
  }
}

// A text's states as a band with their words; each holds until the next.
export function drawStates(sheet: Sheet, line: Line, top: number, height: number) {
  const { context, px, box, bounds, colours } = sheet;
  const { columns } = line.picture;
  context.font = sheet.font;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillStyle = colours.muted;
  clipped(sheet, { left: 0, top, width: box.left, height }, () => {
    context.fillText(line.label, box.left - 8 * px, top + height / 2, Math.max(1, box.left - 10 * px));
  });
  context.textAlign = 'left';
  const end = line.picture.last ? Math.min(bounds.to, sheet.until) : bounds.to;
  const edges: number[] = [];
  clipped(sheet, { left: box.left, top, width: box.width, height }, () => {
    columns.forEach((column, i) => {
      const next = columns[i + 1];
      const from = Math.max(box.left - px, xOf(sheet, startOf(column)));
      const to = Math.min(box.left + box.width + px, xOf(sheet, next ? startOf(next) : Math.max(end, startOf(column))));
      if (to <= box.left || from >= box.left + box.width) return;
      if (columns[i - 1]?.value !== column.value || i === 0) edges.push(from);
      drawState(sheet, line, column, { left: from, top, width: Math.max(to - from, px), height });
    });
    context.fillStyle = line.colour;
    for (const edge of edges) context.fillRect(edge, top, px, height);
  });
}

function drawState(sheet: Sheet, line: Line, column: Column, box: Box) {
  const { context, px, colours } = sheet;
  const text = String(column.value ?? '');
  const bad = qualityOf(column.quality) === 'bad';
  context.save();
  // Which shade is a matter of the word, so that the same state looks the same everywhere.
  context.globalAlpha = bad ? 0.12 : 0.12 + 0.15 * (hash(text) % 4);
  context.fillStyle = bad ? colours.bad : line.colour;
  context.fillRect(box.left, box.top, box.width, box.height);
  context.globalAlpha = 1;
  if (box.width > 16 * px) {
    clipped(sheet, { ...box, width: box.width - 2 * px }, () => {
      context.fillStyle = colours.text;
      context.fillText(bad ? `✕ ${text}` : text, box.left + 5 * px, box.top + box.height / 2);
    });
  }
  context.restore();
}

function hash(text: string): number {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum;
}
