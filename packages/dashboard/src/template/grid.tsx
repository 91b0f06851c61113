import { type KeyboardEvent, useRef } from 'react';
import { corners, middleOf, RADIUS, WIDTH } from '../network/hexagon.ts';
import { texts } from '../texts.ts';
import type { Sketch } from './sketch.ts';

/** Columns and rows that are offered. */
const COLUMNS = 8;
const ROWS = 6;

/** A sheet of hexagons to choose from: a click or Enter selects one, a second one places or removes it; arrows move. While one is connected, they choose where its axon ends. */
export function Grid({
  sketch,
  selected,
  from,
  onSelect,
  onToggle,
  onConnect,
}: {
  readonly sketch: Sketch;
  readonly selected: string;
  readonly onSelect: (place: string) => void;
  readonly onToggle: (place: string) => void;
  /** Where the axon begins that is made; undefined if none is. */
  readonly from: string | undefined;
  readonly onConnect: (to: string) => void;
}) {
  const there = new Set(sketch.hexagons);
  const inputs = new Set(Object.values(sketch.inputs));
  const outputs = new Set(Object.values(sketch.outputs));
  const [, , z = 1] = selected.split(',').map(Number);
  const clicked = useRef('');
  const choose = (place: string): void => {
    if (from === undefined) onToggle(place);
    else if (there.has(place) && place !== from) onConnect(place);
  };
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
      choose(`${x},${y},${z}`);
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
              // The first click on a hexagon selects it, also where it is the first one that is shown.
              if (from !== undefined || place === clicked.current || !isThere) choose(place);
              clicked.current = place;
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
              {inputs.has(place) ? texts.editor.input : outputs.has(place) ? texts.editor.output : isThere ? '' : `${x},${y}`}
            </text>
          </g>
        );
      })}
      {sketch.axons.map(([start, end]) => (
        <Axon key={`${start} ${end}`} from={start} to={end} z={z} />
      ))}
    </svg>
  );
}

/** An axon of this sheet: an arc with a dot where it ends; of one that comes from another sheet or goes there only its end, or its start. */
function Axon({ from, to, z }: { readonly from: string; readonly to: string; readonly z: number }) {
  const at = (place: string): { x: number; y: number } | undefined => {
    const [x = 0, y = 0, sheet] = place.split(',').map(Number);
    const middle = middleOf({ x, y }, 0);
    // Above what is written there.
    return sheet === z ? { x: middle.x, y: middle.y - RADIUS / 2 } : undefined;
  };
  const [start, end] = [at(from), at(to)];
  const stroke = 'var(--mantine-primary-color-filled)';
  return (
    <g pointerEvents="none">
      {start && end && (
        <path
          d={`M${start.x},${start.y} Q${(start.x + end.x) / 2},${Math.min(start.y, end.y) - RADIUS} ${end.x},${end.y}`}
          fill="none"
          stroke={stroke}
          strokeDasharray="4 3"
          strokeWidth={1.5}
        />
      )}
      {end ? (
        <circle cx={end.x} cy={end.y} r={4} fill={stroke} />
      ) : (
        start && <circle cx={start.x} cy={start.y} r={4} fill="none" stroke={stroke} />
      )}
    </g>
  );
}
