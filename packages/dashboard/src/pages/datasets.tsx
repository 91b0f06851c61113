import { Anchor, Stack, Title } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { Destroy } from '../parts/confirm.tsx';
import { FileDrop } from '../parts/file-drop.tsx';
import { PagedList } from '../parts/list.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** All data sets that the user may see. */
export default function Datasets() {
  const api = useApi();
  const [, goTo] = useLocation();
  return (
    <Stack gap="lg">
      <Title order={1}>{texts.data.title}</Title>
      <FileDrop onDataset={(uuid) => goTo(`/data/${uuid}`)} />
      <PagedList
        id={['datasets']}
        load={(part) => api.listDatasets(part)}
        none={texts.data.none}
        noneFound={texts.data.noneFound}
        columns={[
          {
            label: texts.common.name,
            show: ({ uuid, name }) => (
              <Anchor component={Link} href={`/data/${uuid}`}>
                {name}
              </Anchor>
            ),
          },
          { label: texts.common.created, show: ({ created_at }) => created_at },
          { label: texts.common.owner, show: ({ owner_id }) => owner_id },
          { label: texts.common.visibility, show: ({ visibility }) => visibility },
          {
            label: texts.common.remove,
            right: true,
            show: ({ uuid = '', name = '' }) => <Destroy what={name} action={() => api.deleteDataset({ uuid })} />,
          },
        ]}
      />
    </Stack>
  );
}
