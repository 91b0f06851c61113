import { existsSync, writeFileSync } from 'node:fs';
import Papa from 'papaparse';
import { counted, leaf } from '../command.ts';
import { tell } from '../interrupts.ts';
import { percent, short } from '../judging.ts';
import { explain, learn, predict, showLearnt, teach } from '../learning.ts';
import { printData, printLine, printTable } from '../print.ts';
import { UsageError } from '../session.ts';
import { withTableOptions, withTableOptionsAndOrder } from '../table.ts';

export const rowCommands = [
  withTableOptionsAndOrder(
    leaf(
      'learn <file>',
      'train a new cluster with a table, judge it on rows that it did not see, and say what mattered',
      'learn rentals.csv --target count',
      (session, [file = ''], options) => learn(session, file, options),
      showLearnt,
    ),
  )
    .requiredOption('--target <columns>', 'what is to be answered; several with commas between them')
    .option('-n, --name <name>', 'name of the cluster; left out, that of the file')
    .option('--passes <count>', 'how often the rows are learnt; auto: as long as it helps', 'auto')
    .option('--holdout <share>', 'share of the rows that it is judged on', '0.2')
    .option('--forecast <rows>', 'for series: answer the targets of that many rows behind each row')
    .option('--window <rows>', 'for series: how many rows are seen at once, the present one and those before it')
    .option('--in-order', 'keep the order of the rows, and judge on the last ones: for series')
    .option('--seed <number>', 'of the order in which rows are learnt', '1'),
  withTableOptions(
    leaf(
      'predict <cluster> <file>',
      'answer the rows of a table; prints them as CSV with the answers beside them',
      'predict 12959485-51a7-45bc-84dd-aad1c9bfd510 new.csv -o answers.csv',
      async (session, [uuid = '', file = ''], options) => {
        const { output, force } = options;
        if (typeof output === 'string' && existsSync(output) && force !== true)
          throw new UsageError(`${output} is there already; --force overwrites it`);
        return predict(session, uuid, file, options);
      },
      async ({ rows, notices }, _, { output }) => {
        for (const notice of notices) tell(notice);
        const { FORMULA } = await import('@openhanami/datasets');
        const csv = Papa.unparse(rows, { newline: '\n', escapeFormulae: FORMULA });
        if (typeof output !== 'string') return printData(csv);
        writeFileSync(output, `${csv}\n`);
        printLine(`${counted(rows.length, 'row')} written to ${output}`);
      },
      { of: 'cluster' },
    ),
  )
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--force', 'overwrite the file')
    .option('--all', 'the probability of each class'),
  withTableOptionsAndOrder(
    leaf(
      'teach <cluster> <file>',
      'let a cluster learn the rows of a table once more; - is standard input',
      'teach 12959485-51a7-45bc-84dd-aad1c9bfd510 today.csv',
      (session, [uuid = '', file = ''], options) => teach(session, uuid, file, options),
      ({ rows, scores, notices }) => {
        for (const notice of notices) printLine(notice);
        printLine(`${counted(rows, 'row')} learnt`);
        for (const [name, { accuracy, log_loss = 0, naive_accuracy = 0, mae = 0, naive_mae = 0 }] of Object.entries(scores)) {
          printLine(
            accuracy === undefined
              ? `${name}: mean absolute error before they were learnt ${short(mae)}; who knows nothing: ${short(naive_mae)}`
              : `${name}: accuracy before they were learnt ${percent(accuracy)}, log loss ${log_loss.toFixed(3)}; who knows nothing: ${percent(naive_accuracy)}`,
          );
        }
      },
      { of: 'cluster' },
    ),
  ),
  withTableOptions(
    leaf(
      'explain <cluster> <file>',
      'say how much each column matters to the answers, and why one row is answered as it is',
      'explain 12959485-51a7-45bc-84dd-aad1c9bfd510 new.csv --row 3',
      (session, [uuid = '', file = ''], options) => explain(session, uuid, file, options),
      ({ importance, explanation, notices }) => {
        for (const notice of notices) printLine(notice);
        printTable(
          ['COLUMN', 'SHARE'],
          importance.map(({ field, share }) => [field, percent(share)]),
        );
        if (!explanation) return;
        const { output, class: label, answer, usual, contributions } = explanation;
        printLine(`${output}${label === undefined ? '' : `, probability of '${label}'`}: ${short(answer)}; usually ${short(usual)}`);
        printTable(
          ['COLUMN', 'TOOK IT BY'],
          contributions.map(({ field, value }) => [field, `${value < 0 ? '' : '+'}${short(value)}`]),
        );
      },
      { of: 'cluster' },
    ),
  ).option('--row <number>', 'the row to be explained; the first is 1'),
];
