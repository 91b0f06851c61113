import { useMemo, useRef } from 'react';
import { texts } from '../texts.ts';
import { ANSWER } from '../theme.ts';
import { type Drawn, draw } from './drawing.ts';
import { type Point, placeOf, RADIUS } from './hexagon.ts';

/** Shade of a hexagon: few neurons are pale, many deep; on a scale by powers, since hexagons double. */
function shadeOf(neurons: number | undefined, most: number): string {
  if (neurons === undefined || neurons === 0) return 'var(--mantine-color-default)';
  const share = Math.log2(1 + neurons) / Math.log2(1 + Math.max(most, 1));
  return `color-mix(in oklab, var(--mantine-color-${ANSWER}-6) ${Math.round(15 + 75 * share)}%, var(--mantine-color-body))`;
}

/** A network as its hexagons: where rows come in and answers go out, and how many neurons have grown in each. */
export function Network({
  template,
  hexagons,
}: {
  readonly template: string;
  readonly hexagons: readonly { readonly x: number; readonly y: number; readonly z: number; readonly neurons: number }[] | undefined;
}) {
  const drawn: Drawn | string = useMemo(() => draw(template), [template]);
  const before = useRef(new Map<string, number>());
  if (typeof drawn === 'string') return null;
  const neurons = new Map(hexagons?.map((hexagon) => [placeOf(hexagon), hexagon.neurons]));
  const most = Math.max(0, ...neurons.values());
  const all = [...neurons.values()].reduce((sum, count) => sum + count, 0);
  const label = texts.clusters.drawn(drawn.hexagons.length, all);
  return (
    <svg
      viewBox={`${drawn.left} ${drawn.top} ${drawn.width} ${drawn.height}`}
      role="img"
      aria-label={label}
      style={{ width: '100%', maxWidth: 1.5 * drawn.width, maxHeight: 420, display: 'block' }}
      fontSize={11}
      fill="var(--mantine-color-text)"
    >
      {drawn.links.map(({ from, to }) => (
        <line
          key={`${from.key} ${to.key}`}
          x1={from.at.x}
          y1={from.at.y}
          x2={to.at.x}
          y2={to.at.y}
          stroke="var(--mantine-color-gray-5)"
          strokeWidth={1.5}
        />
      ))}
      {drawn.axons.map(({ from, to }) => (
        <path
          key={`axon ${from.key} ${to.key}`}
          d={`M${from.at.x},${from.at.y} Q${(from.at.x + to.at.x) / 2},${Math.min(from.at.y, to.at.y) - 2 * RADIUS} ${to.at.x},${to.at.y}`}
          fill="none"
          stroke="var(--mantine-color-gray-6)"
          strokeDasharray="4 3"
          strokeWidth={1.5}
        />
      ))}
      {drawn.hexagons.map(({ key, at, points, inputs, outputs }) => {
        const count = neurons.get(key);
        const hasGrown = count !== undefined && before.current.has(key) && count > (before.current.get(key) ?? 0);
        if (count !== undefined) before.current.set(key, count);
        return (
          <g key={key}>
            <polygon
              // Another element for each size, so that it moves once when it has grown.
              key={count}
              className={hasGrown ? 'grown' : undefined}
              style={{ transformBox: 'fill-box', transformOrigin: 'center' }}
              points={points}
              fill={shadeOf(count, most)}
              stroke="var(--mantine-color-gray-6)"
              strokeWidth={1}
            >
              <title>{count === undefined ? key : `${key}: ${texts.clusters.neurons(count)}`}</title>
            </polygon>
            {count !== undefined && count > 0 && drawn.hexagons.length <= 100 && (
              <text
                x={at.x}
                y={at.y + 4}
                textAnchor="middle"
                pointerEvents="none"
                stroke="var(--mantine-color-body)"
                strokeWidth={3}
                paintOrder="stroke"
              >
                {count}
              </text>
            )}
            {inputs.length > 0 && <Port at={at} names={inputs} side="in" />}
            {outputs.length > 0 && <Port at={at} names={outputs} side="out" />}
          </g>
        );
      })}
    </svg>
  );
}

/** Names of what comes into a hexagon, or goes out of it. */
function Port({ at, names, side }: { readonly at: Point; readonly names: readonly string[]; readonly side: 'in' | 'out' }) {
  const y = side === 'in' ? at.y - RADIUS - 10 : at.y + RADIUS + 20;
  const text = names.length > 3 ? `${names.slice(0, 3).join(', ')} … (${names.length})` : names.join(', ');
  return (
    <text x={at.x} y={y} textAnchor="middle" fontWeight={600} fill={side === 'in' ? 'var(--truth)' : 'var(--answer)'}>
      {side === 'in' ? `${text} ↓` : `↓ ${text}`.slice(0, 60)}
    </text>
  );
}
