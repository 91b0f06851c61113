// The native limit: the kernel's loops (packages/engine/assembly) in C++, for a line of three hexagons with one picture of bytes and classes as targets.
// It learns by the same rules from the same random numbers, so its accuracy tells that it does the same work; what differs is the compiler.
//
//   g++ -O3 -march=native -o kernel kernel.cpp
//   ./kernel <train pixels> <train labels> <test pixels> <test labels> <neurons> <seed>     raw bytes, 28 × 28 a picture
//
// Prints the CPU seconds of one pass, the percentage of test pictures that are answered right, and the CPU seconds of these answers.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

using std::max;
using std::min;
using std::vector;
typedef float Row __attribute__((vector_size(64)));  // 16 floats: a section
typedef int32_t Mask __attribute__((vector_size(64)));

static Row splat(float x) { return x - Row{}; }
static float total(Row v) {
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += v[i];
  return sum;
}

// ---- random numbers (random.ts)
struct Random {
  uint64_t state;
  uint64_t bits() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  float uniform() { return float(bits() >> 40) * (1.0f / 16777216.0f); }
  float normal() {
    float radius = sqrtf(-2.0f * logf(1.0f - uniform()));
    return radius * cosf(6.2831853f * uniform());
  }
};

// ---- the net (model.ts)
struct Source {
  Row* rows = nullptr;  // weights, behind `capacity` of them the averages
  uint32_t* targets = nullptr;
  uint32_t count = 0, capacity = 0, followed = 0, averaged = 0;
  float mean = 0, scale = 0, from = 0, border = 0, excess = 0;
  uint32_t seen = 0, index = 0;
  float early[7];
  Source* next = nullptr;
};
struct Active {
  Source* source;
  float activity;
};
struct Fired {
  uint32_t neuron;
  float potential;
};
struct View {
  int rows, columns, window;
  vector<Source*> channels;
  vector<Active> active;
  size_t count = 0;
  vector<uint8_t> canvas;
  vector<std::pair<uint32_t, float>> heard;
  int users = 0;
  float windowX = 0, windowY = 0;
  struct Field {
    int bundle, x, y;
  };
  vector<Field> fields;
};

static Random random_, choice;
static View full{28, 28, 10}, half{14, 14, 7};
static int maxBundles, bundles = 0;
static vector<Row> value, error_, bias, biasAverage, idle;
static vector<float> norm, sumSquares, sumMeans;
static vector<Fired> fired;
static size_t firedCount = 0;
static vector<Row> weights, averages;
static vector<uint32_t> readoutAveraged;
static Row outValue, outError, outBias, outBiasAverage, averageValue;
static float outNorm = 0, outSquares = 0;
static uint32_t cycles = 0, steps = 0, looks = 0;
static float credit = 0, caution = 1, errorEnergy = 0, hiddenEnergy = 0, firing = 0, overshoot = 0, errors = 0, differences = 0;
static float averageRate = 1, meanRate = 1;

// ---- sections (section.ts)
static void average(Row* w, Row* a, size_t n, uint32_t passed) {
  float q = 1 / (1 + averageRate * 0.25f * passed);
  Row f = splat(1 - q * q * q * q);
  for (size_t i = 0; i < n; i++) a[i] += f * (w[i] - a[i]);
}
static bool isDue(uint32_t passed) { return averageRate * passed >= 1.0f / 256; }
static void settle(Source& s) {
  average(s.rows, s.rows + s.capacity, s.count, steps - s.averaged);
  s.averaged = steps;
}
static Row* addSection(Source& s, uint32_t bundle) {
  if (s.count == s.capacity) {
    uint32_t more = s.capacity + max(4u, s.capacity / 4);
    size_t head = (more * 4 + 63) & ~63ul;
    char* block = (char*)aligned_alloc(64, head + more * 128);
    memset(block, 0, head + more * 128);
    memcpy(block, s.targets, s.count * 4);
    memcpy(block + head, s.rows, s.count * 64);
    memcpy(block + head + more * 64, s.rows + s.capacity, s.count * 64);
    free(s.targets);
    s.targets = (uint32_t*)block;
    s.rows = (Row*)(block + head);
    s.capacity = more;
  }
  s.targets[s.count] = bundle;
  return s.rows + s.count++;
}
static inline void push(Source& s, float activity, bool averaged) {
  if (averaged && s.averaged != steps) settle(s);
  const Row* row = averaged ? s.rows + s.capacity : s.rows;
  for (uint32_t k = 0; k < s.count; k++) value[s.targets[k]] += activity * row[k];
}
static inline float centre(Source& s, float activity) {
  float fade = meanRate * (steps - s.followed);
  float m = fade < 0.03125f ? s.mean * (1 - fade + fade * fade) : s.mean / (1 + fade);
  m += meanRate * (activity - m);
  s.mean = m;
  s.followed = steps;
  return activity - m;
}
static inline void measure(Source& s, float c) {
  for (uint32_t k = 0; k < s.count; k++) {
    sumSquares[s.targets[k]] += c * c;
    sumMeans[s.targets[k]] += c * s.mean;
  }
}
static inline void learn(Source& s, float c) {
  if (isDue(steps - s.averaged)) settle(s);
  for (uint32_t k = 0; k < s.count; k++) s.rows[k] -= (c * sumSquares[s.targets[k]]) * error_[s.targets[k]];
}

// ---- inputs (input.ts, channel.ts, picture.ts)
static void randomise(Source& s, Row* row, int bundle) {
  float deviation = 0.35f / sqrtf(1 + norm[bundle]);
  for (int lane = 0; lane < 16; lane++) {
    float w = deviation * random_.normal();
    (*row)[lane] = w;
    row[s.capacity][lane] = w;
  }
}
static Source* observeEarly(View& view, uint32_t i, float p) {
  Source* c = view.channels[i];
  if (!c) {
    c = view.channels[i] = new Source;
    c->index = i;
    c->followed = c->averaged = steps;
    view.active.resize(view.active.size() + 1);
    int x = i % view.columns, y = i / view.columns;
    for (auto& f : view.fields)
      if (x >= f.x && x < f.x + view.window && y >= f.y && y < f.y + view.window) randomise(*c, addSection(*c, f.bundle), f.bundle);
  }
  uint32_t at = c->seen++;
  for (; at > 0 && c->early[at - 1] > p; at--) c->early[at] = c->early[at - 1];
  c->early[at] = p;
  float limit = 8 * c->early[(c->seen - 1) / 2], largest = p;
  for (uint32_t k = 0; k < c->seen; k++)
    if (c->early[k] <= limit) largest = c->early[k];
  c->border = max(1.25f * largest, 1e-30f);
  c->scale = 1 / c->border;
  return c;
}
static Source* observe(View& view, uint32_t i, float p) {
  Source* c = view.channels[i];
  if (!c || c->seen < 7) return observeEarly(view, i, p);
  if (p > c->border) {
    if ((c->excess += 1) >= 8) {
      Source* step = new Source;
      step->followed = step->averaged = steps;
      step->from = c->border;
      step->scale = 1 / c->border;
      Source* last = c;
      while (last->next) last = last->next;
      last->next = step;
      for (uint32_t k = 0; k < c->count; k++) addSection(*step, c->targets[k]);
      view.active.resize(view.active.size() + 1);
      c->border *= 2;
      c->excess = 0;
    }
  } else if (c->excess != 0)
    c->excess *= 0.98f;
  return c;
}
static void activate(View& view, const uint8_t* row, bool learning) {
  size_t heard = 0;
  const int n = view.rows * view.columns;
  typedef uint8_t Bytes __attribute__((vector_size(16)));
  for (int i = 0; i < n; i += 16) {
    Bytes v;
    memcpy(&v, row + i, 16);
    uint16_t mask = 0;
    auto on = v != 0;
    for (int k = 0; k < 16; k++) mask |= (on[k] & 1) << k;
    for (; mask; mask &= mask - 1) {
      int k = i + __builtin_ctz(mask);
      if (k < n) view.heard[heard++] = {k, float(row[k])};
    }
  }
  size_t count = 0;
  for (size_t h = 0; h < heard; h++) {
    auto [i, p] = view.heard[h];
    Source* c = learning ? observe(view, i, p) : view.channels[i];
    if (!c) continue;
    view.active[count++] = {c, min(1.0f, p * c->scale)};
    for (Source* s = c->next; s && p > s->from; s = s->next) view.active[count++] = {s, min(1.0f, (p - s->from) * s->scale)};
  }
  view.count = count;
}
static const uint8_t* shift(const uint8_t* row) {
  uint32_t word = choice.bits() >> 32;
  int dx = int((word & 1) + ((word >> 1) & 1)) - 1, dy = int(((word >> 2) & 1) + ((word >> 3) & 1)) - 1;
  if (dx == 0 && dy == 0) return row;
  for (int y = 0; y < 28; y++) {
    const uint8_t* from = row + (y + dy) * 28;
    uint8_t* to = &full.canvas[y * 28];
    if (y + dy < 0 || y + dy >= 28) memset(to, 0, 28);
    else if (dx >= 0) {
      memcpy(to, from + dx, 28 - dx);
      memset(to + 28 - dx, 0, dx);
    } else {
      memcpy(to + 1, from, 27);
      to[0] = 0;
    }
  }
  return full.canvas.data();
}
static void sense(const uint8_t* row, bool learning) {
  if (learning) row = shift(row);
  for (int y = 0; y < 14; y++)
    for (int x = 0; x < 14; x++) {
      const uint8_t* p = row + y * 56 + x * 2;
      half.canvas[y * 14 + x] = (p[0] + p[1] + p[28] + p[29] + 2) >> 2;
    }
  activate(half, half.canvas.data(), learning);
  if (full.users > 0) activate(full, row, learning);
  else full.count = 0;
}

// ---- growth (growth.ts)
static int along(int size, int window, float t) { return int((t - floorf(t)) * max(1, size - window + 3)) - 1; }
static void growBundle() {
  int b = bundles++;
  value.resize(bundles), error_.resize(bundles), bias.resize(bundles, Row{}), biasAverage.resize(bundles, Row{}), idle.resize(bundles, Row{});
  norm.resize(bundles), sumSquares.resize(bundles), sumMeans.resize(bundles);
  fired.resize(bundles * 16 + 1);
  weights.resize(bundles * 16, Row{}), averages.resize(bundles * 16, Row{}), readoutAveraged.resize(bundles * 16, steps);
  View& view = bundles <= 16 || bundles % 2 == 1 ? half : full;
  if (view.users == 0) view.windowX = random_.uniform(), view.windowY = random_.uniform();
  float k = ++view.users;
  int x0 = along(view.columns, view.window, view.windowX + k * 0.7548777f), y0 = along(view.rows, view.window, view.windowY + k * 0.5698403f);
  view.fields.push_back({b, x0, y0});
  vector<Source*> seen;
  for (int y = max(0, y0); y < min(view.rows, y0 + view.window); y++)
    for (int x = max(0, x0); x < min(view.columns, x0 + view.window); x++)
      for (Source* s = view.channels[y * view.columns + x]; s; s = s->next) addSection(*s, b), seen.push_back(s);
  float n = 1, others = 0;
  for (View* v : {&full, &half})
    for (size_t i = 0; i < v->count; i++) {
      Source& s = *v->active[i].source;
      if (s.count > 0 && s.targets[s.count - 1] == uint32_t(b)) n += v->active[i].activity * v->active[i].activity;
    }
  for (int k = 0; k < b; k++) others += norm[k];
  norm[b] = max(n, others / max(1, b));
  for (Source* s : seen) randomise(*s, s->rows + s->count - 1, b);
}

// ---- a cycle (cycle.ts, output.ts)
static void forward(bool averaged) {
  memcpy((void*)value.data(), averaged ? biasAverage.data() : bias.data(), bundles * 64);
  for (View* view : {&full, &half})
    for (size_t i = 0; i < view->count; i++) push(*view->active[i].source, view->active[i].activity, averaged);
  size_t n = 0;
  for (int b = 0; b < bundles; b++) {
    Row h = value[b] > 0 ? value[b] : Row{};
    value[b] = h;
    for (int lane = 0; lane < 16; lane++) {
      fired[n] = {uint32_t(b * 16 + lane), h[lane]};
      n += h[lane] > 0;
    }
  }
  firedCount = n;
  Row z = Row{};
  outSquares = 0;
  for (size_t i = 0; i < n; i++) {
    auto [neuron, h] = fired[i];
    outSquares += h * h;
    if (averaged && readoutAveraged[neuron] != steps) {
      average(&weights[neuron], &averages[neuron], 1, steps - readoutAveraged[neuron]);
      readoutAveraged[neuron] = steps;
    }
    z += h * (averaged ? averages : weights)[neuron];
  }
  outValue = z + (averaged ? outBiasAverage : outBias);
}
static float squares, largest;
static void compare(int label) {
  squares = largest = 0;
  outError = Row{};
  for (int i = 0; i < 10; i++) {
    float e = 1 / (1 + expf(-outValue[i])) - float(i == label);
    outError[i] = e;
    squares += e * e;
    largest = max(largest, fabsf(e));
  }
}
static void backward() {
  steps++;
  averageRate = max(1 / (1 + 0.1f * steps), 0.00001f);
  meanRate = max(0.001f, 1 / (1 + float(steps)));
  float rate = max(0.002f, 1 / (1 + float(steps)));
  errorEnergy += rate * (squares - errorEnergy);
  memset((void*)error_.data(), 0, bundles * 64);
  std::fill(sumSquares.begin(), sumSquares.end(), 0.0f);
  std::fill(sumMeans.begin(), sumMeans.end(), 0.0f);
  float n = 1 + outSquares;
  outNorm += rate * (n - outNorm);
  float step = 1.5f * caution / (1 + max(outNorm, n * 0.25f));
  for (size_t i = 0; i < firedCount; i++) {
    auto [neuron, h] = fired[i];
    if (isDue(steps - readoutAveraged[neuron])) {
      average(&weights[neuron], &averages[neuron], 1, steps - readoutAveraged[neuron]);
      readoutAveraged[neuron] = steps;
    }
    ((float*)error_.data())[neuron] = total(weights[neuron] * outError);
    weights[neuron] -= (step * h) * outError;
  }
  average(&outBias, &outBiasAverage, 1, 1);
  outBias -= step * outError;
  for (View* view : {&full, &half})
    for (size_t i = 0; i < view->count; i++) {
      Active& a = view->active[i];
      a.activity = centre(*a.source, a.activity);
      measure(*a.source, a.activity);
    }
  float energy = 0, fires = 0;
  for (int b = 0; b < bundles; b++) energy += total(error_[b] * error_[b]), fires += total(value[b] * value[b]);
  hiddenEnergy += rate * (energy - hiddenEnergy);
  float gain = max(1.0f, 0.25f * max(hiddenEnergy / max(1e-20f, errorEnergy), 0.25f * energy / max(1e-20f, squares)));
  if (fires > 0) firing += max(0.005f, rate) * (fires - firing);
  float size = min(0.2f * sqrtf(fires / max(1e-20f, energy)), caution / gain);
  Row lift = splat(0.03f * sqrtf(firing / max(1, bundles * 16)));
  average(bias.data(), biasAverage.data(), bundles, 1);
  for (int b = 0; b < bundles; b++) {
    float n = 1 + sumSquares[b];
    norm[b] += 0.005f * (n - norm[b]);
    float s = size / (1 + max(norm[b], n * 0.25f));
    sumSquares[b] = s;
    idle[b] = value[b] <= 0 ? idle[b] + 1 : Row{};
    bias[b] += (idle[b] > 50 ? lift : Row{}) - (s * (1 - sumMeans[b])) * error_[b];
  }
  for (View* view : {&full, &half})
    for (size_t i = 0; i < view->count; i++) learn(*view->active[i].source, view->active[i].activity);
}
static float cycle(const uint8_t* row, int label, bool replayed) {
  sense(row, true);
  bool looking = !replayed && cycles % 32 == 0;
  if (looking) {
    forward(true);
    averageValue = outValue;
  }
  forward(false);
  compare(label);
  if (looking) {
    float rate = max(0.02f, 1 / (1 + float(looks)));
    Row d = outValue - averageValue;
    overshoot += rate * (total(outError * d) - overshoot);
    errors += rate * (squares - errors);
    differences += rate * (total(d * d) - differences);
    if (++looks >= 20) caution = min(1.0f, max(0.1f, caution * expf(0.2f * (0.2f - overshoot / sqrtf(errors * differences + 1e-20f)))));
  }
  float e = largest;
  bool worth = e > 0.12f;
  if (worth) backward();
  cycles++;
  if (replayed || !worth) return e;
  credit += min(1.0f, e);
  if (bundles < min(16, maxBundles)) growBundle();
  if (credit >= 10) {
    credit = 0;
    if (bundles >= 16 && bundles < maxBundles) growBundle();
  }
  return e;
}

static vector<uint8_t> read(const char* path) {
  FILE* f = fopen(path, "rb");
  if (!f) exit(1);
  vector<uint8_t> bytes;
  static uint8_t buffer[65536];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) bytes.insert(bytes.end(), buffer, buffer + n);
  fclose(f);
  bytes.resize(bytes.size() + 64);
  return bytes;
}
static double cpu() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int, char** args) {
  auto pixels = read(args[1]), labels = read(args[2]), testPixels = read(args[3]), testLabels = read(args[4]);
  const size_t n = labels.size() - 64, tests = testLabels.size() - 64;
  maxBundles = (atoi(args[5]) + 15) / 16;
  random_.state = choice.state = atoll(args[6]);
  for (View* view : {&full, &half}) {
    view->channels.resize(view->rows * view->columns);
    view->canvas.resize(view->rows * view->columns + 64);
    view->heard.resize(view->rows * view->columns + 16);
  }
  vector<size_t> ring;
  size_t next = 0;
  double started = cpu();
  for (size_t i = 0; i < n; i++) {
    float e = cycle(&pixels[i * 784], labels[i], false);
    if (e > 0.7f) {
      if (ring.size() < 2000) ring.push_back(i);
      else ring[next] = i;
      next = (next + 1) % 2000;
    }
    if (ring.empty()) continue;
    uint32_t word = choice.bits() >> 32;
    if ((word & 255) >= 96 * caution * caution) continue;
    size_t kept = ring[uint32_t(((word >> 8) * uint64_t(ring.size())) >> 24)];
    cycle(&pixels[kept * 784], labels[kept], true);
  }
  double pass = cpu() - started;
  size_t right = 0;
  started = cpu();
  for (size_t i = 0; i < tests; i++) {
    sense(&testPixels[i * 784], false);
    forward(true);
    int best = 0;
    for (int k = 1; k < 10; k++)
      if (outValue[k] > outValue[best]) best = k;
    right += best == testLabels[i];
  }
  printf("{\"pass\": %.6f, \"percent\": %.3f, \"answers\": %.6f}\n", pass, 100.0 * right / tests, cpu() - started);
}
