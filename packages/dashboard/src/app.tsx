import { ActionIcon, Alert, AppShell, Group, Menu, NavLink, Text, useMantineColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChartDots, IconDatabase, IconHexagons, IconHome, IconSettings, IconUser } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { RunningMenu } from './frame/running-menu.tsx';
import { Search } from './frame/search.tsx';
import { Boundary } from './parts/boundary.tsx';
import { Waiting } from './parts/trouble.tsx';
import { ADDRESS, useSession } from './session.tsx';
import { texts } from './texts.ts';

const Home = lazy(() => import('./pages/home.tsx'));
const Datasets = lazy(() => import('./pages/datasets.tsx'));
const Dataset = lazy(() => import('./pages/dataset.tsx'));
const Clusters = lazy(() => import('./pages/clusters.tsx'));
const Cluster = lazy(() => import('./pages/cluster.tsx'));
const Results = lazy(() => import('./pages/results.tsx'));
const Admin = lazy(() => import('./pages/admin.tsx'));

const PLACES = [
  { path: '/', label: texts.nav.home, icon: IconHome },
  { path: '/data', label: texts.nav.data, icon: IconDatabase },
  { path: '/clusters', label: texts.nav.clusters, icon: IconHexagons },
  { path: '/results', label: texts.nav.results, icon: IconChartDots },
  { path: '/admin', label: texts.nav.admin, icon: IconSettings },
] as const;

/** The frame of all pages: the rail, the bar, and the page that the address names. Places stand behind '#', so that any path of a proxy may go before. */
export function App() {
  return (
    <Router hook={useHashLocation}>
      <Frame>
        <Boundary>
          <Suspense fallback={<Waiting />}>
            <Switch>
              <Route path="/" component={Home} />
              <Route path="/data" component={Datasets} />
              <Route path="/data/:uuid">{({ uuid }) => <Dataset key={uuid} uuid={uuid} />}</Route>
              <Route path="/clusters" component={Clusters} />
              <Route path="/clusters/:uuid">{({ uuid }) => <Cluster key={uuid} uuid={uuid} />}</Route>
              <Route path="/results" component={Results} />
              <Route path="/admin" component={Admin} />
              <Route>
                <Redirect to="/" />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </Frame>
    </Router>
  );
}

function Frame({ children }: { readonly children: ReactNode }) {
  const isNarrow = useMediaQuery('(max-width: 48em)');
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={isNarrow ? undefined : { width: 184, breakpoint: 0 }}
      footer={isNarrow ? { height: 56 } : undefined}
      padding="md"
    >
      <AppShell.Header>
        <button type="button" className="skip-link" onClick={() => document.getElementById('content')?.focus()}>
          {texts.frame.skip}
        </button>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <IconHexagons color="var(--mantine-primary-color-filled)" aria-hidden />
            <Text fw={600}>{texts.name}</Text>
          </Group>
          <Group gap={4} wrap="nowrap">
            <RunningMenu />
            <Search pages={PLACES} />
            <Who />
          </Group>
        </Group>
      </AppShell.Header>
      {!isNarrow && (
        <AppShell.Navbar p="xs" aria-label={texts.nav.pages}>
          <Places />
        </AppShell.Navbar>
      )}
      {isNarrow && (
        <AppShell.Footer>
          <Group component="nav" aria-label={texts.nav.pages} h="100%" grow gap={0} wrap="nowrap">
            <Places isNarrow />
          </Group>
        </AppShell.Footer>
      )}
      <AppShell.Main id="content" tabIndex={-1}>
        <Connection />
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

function Places({ isNarrow = false }: { readonly isNarrow?: boolean }) {
  const [path] = useLocation();
  return PLACES.map(({ path: to, label, icon: Icon }) => {
    const isHere = to === '/' ? path === '/' : path.startsWith(to);
    const shared = { component: Link, href: to, active: isHere, 'aria-current': isHere ? ('page' as const) : undefined };
    return isNarrow ? (
      <NavLink
        key={to}
        {...shared}
        label={<Icon size={20} aria-hidden />}
        aria-label={label}
        px={0}
        styles={{ label: { display: 'flex', justifyContent: 'center' } }}
      />
    ) : (
      <NavLink key={to} {...shared} label={label} leftSection={<Icon size={18} aria-hidden />} />
    );
  });
}

/** Who is logged in, in which project, and how the pages look. */
function Who() {
  const { user, api, logOut, switchProject } = useSession();
  const { setColorScheme } = useMantineColorScheme();
  const { data } = useQuery({ queryKey: ['my projects'], queryFn: () => api.listProjectsOfUser({}) });
  const others = data?.projects.filter(({ project_id }) => project_id !== user.project_id) ?? [];
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <ActionIcon variant="subtle" size="lg" aria-label={texts.frame.user} color="gray">
          <IconUser size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name} · {user.project_id || '–'}
        </Menu.Label>
        {others.map(({ project_id }) => (
          <Menu.Item key={project_id} onClick={() => void switchProject(project_id)}>
            {texts.frame.project} {project_id}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{texts.frame.theme}</Menu.Label>
        <Menu.Item onClick={() => setColorScheme('light')}>{texts.frame.light}</Menu.Item>
        <Menu.Item onClick={() => setColorScheme('dark')}>{texts.frame.dark}</Menu.Item>
        <Menu.Item onClick={() => setColorScheme('auto')}>{texts.frame.system}</Menu.Item>
        <Menu.Divider />
        <Menu.Item component="a" href={`${ADDRESS}/docs`} target="_blank">
          {texts.frame.api}
        </Menu.Item>
        <Menu.Item onClick={logOut}>{texts.frame.logOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Says so while the server cannot be reached. */
function Connection() {
  const { isError } = useQuery({
    queryKey: ['health'],
    queryFn: async () => {
      const { ok } = await fetch(`${ADDRESS}/health`);
      if (!ok) throw new Error('the server is not ready');
      return true;
    },
    retry: false,
    refetchInterval: ({ state }) => (state.status === 'error' ? 2000 : 10_000),
  });
  return isError ? (
    <Alert color="red" role="status" mb="md">
      {texts.frame.offline}
    </Alert>
  ) : null;
}
