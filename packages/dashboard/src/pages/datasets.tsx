import { Stack, Title } from '@mantine/core';
import { useLocation } from 'wouter';
import { AsCode } from '../parts/code.tsx';
import { ResourceList } from '../parts/resource-list.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { FileDrop } from '../upload/file-drop.tsx';

/** All data sets that the user may see. */
export default function Datasets() {
  const api = useApi();
  const [, goTo] = useLocation();
  return (
    <Stack gap="lg">
      <Title order={1}>{texts.data.title}</Title>
      <FileDrop onDataset={(uuid) => goTo(`/data/${uuid}`)} />
      <ResourceList
        id="datasets"
        place="/data"
        words={texts.data}
        load={(part) => api.listDatasets(part)}
        remove={(uuid) => api.deleteDataset({ uuid })}
        consequence={texts.data.goesWithIt}
      />
      <AsCode
        of={{
          hanamictl: 'hanamictl dataset create table -i rentals.csv rentals',
          TypeScript: "const uuid = await dataset.uploadTable(token, address, 'rentals', 'rentals.csv');",
          Python: 'uuid = dataset.upload_table(token, address, "rentals", "rentals.csv")',
        }}
      />
    </Stack>
  );
}
