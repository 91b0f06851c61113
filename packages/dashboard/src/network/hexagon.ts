import type { Position } from '@openhanami/engine/template';

// One hexagon of a drawing: pointy top, rows with odd y shifted by half.

/** From the middle to a corner. */
export const RADIUS = 26;
/** From side to side. */
export const WIDTH = Math.sqrt(3) * RADIUS;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Corners, as SVG wants them. */
export const corners = (at: Point, radius: number): string =>
  Array.from({ length: 6 }, (_, i) => {
    const angle = (Math.PI / 180) * (60 * i - 90);
    return `${(at.x + radius * Math.cos(angle)).toFixed(2)},${(at.y + radius * Math.sin(angle)).toFixed(2)}`;
  }).join(' ');

/** The middle of a place in the grid, with so much between neighbours. */
export const middleOf = ({ x, y }: Point, gap: number): Point => ({
  x: (x + (Math.abs(y) % 2) / 2) * (WIDTH + gap),
  y: y * (1.5 * RADIUS + gap),
});

/** A place as templates write it. */
export const placeOf = ({ x, y, z }: Position): string => `${x},${y},${z}`;
