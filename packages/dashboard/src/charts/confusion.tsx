import { Text } from '@mantine/core';
import * as Plot from '@observablehq/plot';
import { texts } from '../texts.ts';
import { usePlot } from './place-plot.ts';
import { confusionSize, MOST_CLASSES } from './sizes.ts';

/** How often which class (rows) was answered as which (columns); shares of a row as shade. */
export default function Confusion({
  classes,
  counts,
  onPick,
}: {
  readonly classes: readonly string[];
  readonly counts: readonly (readonly number[])[];
  /** Called with the classes of a cell that is chosen. */
  readonly onPick?: (truth: string, answer: string) => void;
}) {
  const place = usePlot(() => {
    const shown = classes.slice(0, MOST_CLASSES);
    const cells = shown.flatMap((truth, i) => {
      const row = counts[i] ?? [];
      const all = row.reduce((sum, count) => sum + count, 0);
      return shown.map((answer, k) => ({ truth, answer, count: row[k] ?? 0, share: all > 0 ? (row[k] ?? 0) / all : 0 }));
    });
    const { width, height } = confusionSize(classes.length);
    const plot = Plot.plot({
      width,
      height,
      marginLeft: 80,
      marginTop: 34,
      marginBottom: 12,
      ariaLabel: texts.clusters.confusion,
      x: { axis: 'top', label: texts.charts.answered, domain: shown },
      y: { label: texts.charts.true, domain: shown },
      color: { type: 'linear', domain: [0, 1], range: ['#edf2ff', '#364fc7'] },
      marks: [
        Plot.cell(cells, { x: 'answer', y: 'truth', fill: 'share', inset: 0.5 }),
        Plot.text(cells, {
          x: 'answer',
          y: 'truth',
          text: (cell: { count: number }) => (cell.count > 0 ? String(cell.count) : ''),
          fill: (cell: { share: number }) => (cell.share > 0.5 ? 'white' : '#1a1b1e'),
        }),
      ],
    });
    // Cells stand in the order of their data.
    for (const [i, cell] of [...plot.querySelectorAll('[aria-label=cell] rect')].entries()) {
      const { truth = '', answer = '', count = 0 } = cells[i] ?? {};
      if (!onPick || count === 0) continue;
      const pick = (): void => onPick(truth, answer);
      cell.setAttribute('role', 'button');
      cell.setAttribute('tabindex', '0');
      cell.setAttribute('aria-label', texts.results.cell(count, truth, answer));
      cell.setAttribute('cursor', 'pointer');
      cell.addEventListener('click', pick);
      cell.addEventListener('keydown', (event) => (event as KeyboardEvent).key === 'Enter' && pick());
    }
    return plot;
  }, [classes, counts, onPick]);
  return (
    <div style={{ minHeight: confusionSize(classes.length).all }}>
      <Text size="sm" c="dimmed">
        {texts.clusters.confusion}
      </Text>
      <div ref={place} />
    </div>
  );
}
