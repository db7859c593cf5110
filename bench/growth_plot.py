"""What bench/growth.py found, as an SVG of small plots: both axes are logarithmic, a line along samples and one along signals."""
import math

WIDTH, HEIGHT, MARGIN = 260, 170, 44
PLOTS = [("CPU s per million samples, settled", lambda one: one["settled_cpu_s_per_m"]),
         ("M samples/s", lambda one: one["m_per_s"]),
         ("bytes per sample", lambda one: one["bytes_per_sample"]),
         ("last p99, ms, over HTTP", lambda one: one["last_ms"][0]),
         ("plot p99, ms, over HTTP", lambda one: one["plot_ms"][0]),
         ("MB resident at rest", lambda one: one["rest_mb"])]
LINES = [("samples", "#1f6fb4"), ("signals", "#c4541c")]


def line_along(found, axis):
    """The steps that differ in `axis` only, beginning with the one that both lines share most."""
    other = "signals" if axis == "samples" else "samples"
    groups = {}
    for one in found:
        groups.setdefault(one[other], []).append(one)
    return sorted(max(groups.values(), key=len), key=lambda one: one[axis])


def small_plot(found, title, value, left, top):
    values = [value(one) for one in found]
    counts = [one[axis] for axis, _ in LINES for one in line_along(found, axis)]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    first, last = math.log10(min(counts)), math.log10(max(counts) * 1.01)

    def place(count, height):
        x = left + MARGIN + (math.log10(count) - first) / (last - first) * WIDTH
        return x, top + MARGIN + (high - math.log10(height)) / (high - low) * HEIGHT

    parts = [f'<text x="{left + MARGIN}" y="{top + MARGIN - 8}" font-weight="bold">{title}</text>']
    for power in range(low, high + 1):
        y = place(counts[0], 10.0**power)[1]
        parts.append(f'<path d="M{left + MARGIN},{y:.1f}h{WIDTH}" stroke="#ddd"/>'
                     f'<text x="{left + MARGIN - 4}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for power in range(math.ceil(first - 1e-9), math.floor(last) + 1):
        x = place(10.0**power, 10.0**low)[0]
        parts.append(f'<text x="{x:.1f}" y="{top + MARGIN + HEIGHT + 14}" text-anchor="middle">1e{power}</text>')
    for axis, colour in LINES:
        points = [place(one[axis], value(one)) for one in line_along(found, axis)]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="'
                     + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return parts


def draw(found):
    across, down = WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN
    parts = []
    for number, (title, value) in enumerate(PLOTS):
        parts += small_plot(found, title, value, number % 3 * across, number // 3 * down)
    for number, (axis, colour) in enumerate(LINES):
        parts.append(f'<text x="{MARGIN + number * 180}" y="{2 * down + 14}" fill="{colour}">along {axis}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {3 * across} {2 * down + 24}" font-family="sans-serif" '
            f'font-size="11"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')
