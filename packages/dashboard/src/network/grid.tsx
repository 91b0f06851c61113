import type { KeyboardEvent } from 'react';
import { texts } from '../texts.ts';
import { corners, middleOf, RADIUS, WIDTH } from './hexagon.ts';
import type { Sketch } from './sketch.ts';

/** Columns and rows that are offered. */
const COLUMNS = 8;
const ROWS = 6;

/** A sheet of hexagons to choose from: a click or Enter selects one, a second one places or removes it; arrows move. */
export function Grid({
  sketch,
  selected,
  onSelect,
  onToggle,
}: {
  readonly sketch: Sketch;
  readonly selected: string;
  readonly onSelect: (place: string) => void;
  readonly onToggle: (place: string) => void;
}) {
  const there = new Set(sketch.hexagons);
  const inputs = new Set(Object.values(sketch.inputs));
  const outputs = new Set(Object.values(sketch.outputs));
  const [, , z = 1] = selected.split(',').map(Number);
  const move = (event: KeyboardEvent, x: number, y: number): void => {
    const steps: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const next = `${Math.min(COLUMNS, Math.max(1, x + step[0]))},${Math.min(ROWS, Math.max(1, y + step[1]))},${z}`;
      onSelect(next);
      document.getElementById(`hexagon ${next}`)?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onToggle(`${x},${y},${z}`);
    }
  };
  return (
    <svg
      viewBox={`${WIDTH / 2} ${RADIUS / 2 - 4} ${(COLUMNS + 1) * WIDTH} ${ROWS * 1.5 * RADIUS + RADIUS + 8}`}
      style={{ width: '100%', display: 'block' }}
      role="group"
      aria-label={texts.editor.grid}
    >
      {Array.from({ length: ROWS * COLUMNS }, (_, i) => {
        const x = 1 + (i % COLUMNS);
        const y = 1 + Math.floor(i / COLUMNS);
        const place = `${x},${y},${z}`;
        const at = middleOf({ x, y }, 0);
        const isThere = there.has(place);
        const role = [
          isThere ? texts.editor.there : texts.editor.empty,
          inputs.has(place) ? texts.editor.input : '',
          outputs.has(place) ? texts.editor.output : '',
        ]
          .filter((part) => part !== '')
          .join(', ');
        return (
          <g
            key={place}
            id={`hexagon ${place}`}
            role="button"
            tabIndex={place === selected ? 0 : -1}
            aria-label={`${place}: ${role}`}
            aria-pressed={isThere}
            onClick={() => {
              if (place === selected || !isThere) onToggle(place);
              onSelect(place);
            }}
            onKeyDown={(event) => move(event, x, y)}
            style={{ cursor: 'pointer', outline: 'none' }}
          >
            <polygon
              points={corners(at, RADIUS - 2)}
              fill={isThere ? 'var(--mantine-primary-color-light)' : 'transparent'}
              stroke={place === selected ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-gray-5)'}
              strokeWidth={place === selected ? 2.5 : 1}
              strokeDasharray={isThere ? undefined : '3 3'}
            />
            <text x={at.x} y={at.y + 4} textAnchor="middle" fontSize={10} fill="var(--mantine-color-dimmed)" pointerEvents="none">
              {inputs.has(place) ? texts.editor.in : outputs.has(place) ? texts.editor.out : isThere ? '' : `${x},${y}`}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
