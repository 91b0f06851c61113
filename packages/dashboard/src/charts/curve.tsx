import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { CURVE } from './sizes.ts';

export interface Line {
  readonly label: string;
  /** A colour of the theme's, such as `indigo`, or one as `#0072B2`. */
  readonly color: string;
  readonly dashed?: boolean;
  readonly values: readonly (number | null)[];
}

/** Live lines over one axis. */
export default function Curve({
  x,
  lines,
  xLabel,
  yLabel,
  isTime = false,
  canZoom = false,
}: {
  readonly x: readonly number[];
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether x is in seconds since 1970. */
  readonly isTime?: boolean;
  /** Whether a part can be chosen by dragging; a double click shows all again. */
  readonly canZoom?: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme('light');
  const shape = lines.map(({ label }) => label).join('|');
  const data = [[...x], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot where lines come or colours change; values are set below.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--mantine-color-${name}`).trim();
    const text = colour('dimmed');
    const grid = scheme === 'dark' ? '#ffffff14' : '#00000010';
    const axis = { stroke: text, font: '11px system-ui', ticks: { show: false } };
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height: CURVE.plot,
        cursor: { y: false, drag: { x: canZoom, y: false } },
        legend: { live: true },
        scales: { x: { time: isTime } },
        ...(isTime ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') } : {}),
        axes: [
          {
            ...axis,
            grid: { show: false },
            label: xLabel,
            labelSize: 16,
            labelFont: '11px system-ui',
            size: 26,
            ...(isTime ? {} : { values: (_: uPlot, splits: number[]) => splits.map((value) => value.toLocaleString('en')) }),
          },
          { ...axis, grid: { stroke: grid, width: 1 }, label: yLabel, labelSize: 16, labelFont: '11px system-ui', size: 52 },
        ],
        series: [
          {
            label: xLabel,
            value: (_, value) =>
              value === null
                ? '–'
                : isTime
                  ? new Date(value * 1000).toISOString().slice(0, 16).replace('T', ' ')
                  : value.toLocaleString('en'),
          },
          ...lines.map(({ label, color, dashed }) => ({
            label,
            stroke: color.startsWith('#') ? color : colour(`${color}-${scheme === 'dark' ? 4 : 6}`) || text,
            width: 2,
            spanGaps: true,
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : value.toPrecision(4)),
            ...(dashed ? { dash: [6, 4] } : {}),
          })),
        ],
      },
      latest.current,
      element,
    );
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: CURVE.plot }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.current?.destroy();
    };
  }, [shape, scheme, xLabel, yLabel]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `data` is made of these two.
  useEffect(() => {
    plot.current?.setData(data);
  }, [x, lines]);
  const last = lines[0]?.values.at(-1);
  return (
    <div
      ref={place}
      role="img"
      aria-label={`${yLabel}${last === null || last === undefined ? '' : `: ${last.toPrecision(4)}`}`}
      style={{ minHeight: CURVE.all }}
    />
  );
}
