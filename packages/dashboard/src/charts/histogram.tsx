import * as Plot from '@observablehq/plot';
import { texts } from '../texts.ts';
import { usePlot } from './place-plot.ts';

/** How often values come, of numbers or times. */
export default function Histogram({ values, name }: { readonly values: readonly unknown[]; readonly name: string }) {
  const place = usePlot(() => {
    const isTime = values.some((value) => typeof value === 'string');
    const data = values
      .filter((value) => value !== null && value !== undefined)
      .map((value) => (isTime ? new Date(String(value)) : Number(value)));
    return Plot.plot({
      width: 220,
      height: 64,
      marginTop: 4,
      marginBottom: 18,
      marginLeft: 8,
      marginRight: 8,
      ariaLabel: texts.charts.distribution(name),
      x: { ticks: 3, label: null, ...(isTime ? { type: 'utc' as const } : {}) },
      y: { axis: null },
      marks: [Plot.rectY(data, { ...Plot.binX({ y: 'count' }, { x: Plot.identity }), fill: 'var(--mantine-color-gray-5)' })],
    });
  }, [values, name]);
  return <div ref={place} style={{ height: 64 }} />;
}
