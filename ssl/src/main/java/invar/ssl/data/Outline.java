package invar.ssl.data;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// The ten shapes of [Shapes], as signed distance functions: negative inside, and outside the distance to the edge.
///
/// Coordinates are the shape's own, x to the right and y up, and every shape lies in the unit circle and nearly fills
/// it. Polygons are exact; unions are exact outside. The constructions are those of Inigo Quilez's collection "2D
/// distance functions".
enum Outline {

    DISC, RING, SQUARE, TRIANGLE, PENTAGON, STAR5, CROSS, HEART, L, GEAR;

    /// The names as class labels.
    static final List<String> NAMES = Stream.of(values()).map(o -> o.name().toLowerCase(Locale.ROOT)).toList();

    private static final float[] TRIANGLE_CORNERS = star(3, 1, 0.5), PENTAGON_CORNERS = star(5, 0.95, 0.95 * 0.80902);
    private static final float[] STAR_CORNERS = star(5, 1, 0.42);
    private static final float[] CROSS_CORNERS = {0.3f, 0.9f, 0.3f, 0.3f, 0.9f, 0.3f, 0.9f, -0.3f, 0.3f, -0.3f, 0.3f,
        -0.9f, -0.3f, -0.9f, -0.3f, -0.3f, -0.9f, -0.3f, -0.9f, 0.3f, -0.3f, 0.3f, -0.3f, 0.9f};
    private static final float[] L_CORNERS = {-0.58f, 0.8f, -0.13f, 0.8f, -0.13f, -0.36f, 0.58f, -0.36f, 0.58f, -0.8f,
        -0.58f, -0.8f};
    private static final int TEETH = 8;

    /// The distance from (x, y) to the edge, negative inside.
    float distance(float x, float y) {
        return switch (this) {
            case DISC -> length(x, y) - 0.85f;
            case RING -> Math.abs(length(x, y) - 0.68f) - 0.22f;
            case SQUARE -> box(x, y, 0.7f, 0.7f);
            case TRIANGLE -> polygon(TRIANGLE_CORNERS, x, y);
            case PENTAGON -> polygon(PENTAGON_CORNERS, x, y);
            case STAR5 -> polygon(STAR_CORNERS, x, y);
            case CROSS -> polygon(CROSS_CORNERS, x, y);
            case HEART -> heart(x, y);
            case L -> polygon(L_CORNERS, x, y);
            case GEAR -> gear(x, y);
        };
    }

    /// A square standing on its corner, with a half disc on each of its upper sides.
    private static float heart(float x, float y) {
        final float half = 0.52f, root = 0.70710678f;             // half the square's side; √½
        float centre = half * root, down = y + 0.22f;             // the lobes' centres are the middles of the sides
        float diamond = box((x + down) * root, (x - down) * root, half, half);
        return Math.min(diamond, length(Math.abs(x) - centre, down - centre) - half);
    }

    /// A disc with a hole and eight teeth; the plane is folded into the sector of one tooth.
    private static float gear(float x, float y) {
        float radius = length(x, y), sector = (float) (2 * Math.PI / TEETH);
        float angle = (float) Math.atan2(y, x), folded = angle - sector * Math.round(angle / sector);
        float u = radius * (float) Math.cos(folded), v = radius * (float) Math.sin(folded);
        float body = Math.min(radius - 0.72f, box(u - 0.75f, v, 0.2f, 0.14f));
        return Math.max(body, 0.3f - radius);
    }

    private static float box(float x, float y, float halfWidth, float halfHeight) {
        float dx = Math.abs(x) - halfWidth, dy = Math.abs(y) - halfHeight;
        return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0);
    }

    /// The distance to the nearest side; the sign by counting crossings of the ray to the right.
    private static float polygon(float[] corners, float x, float y) {
        float nearest = Float.MAX_VALUE;
        boolean inside = false;
        for (int i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
            float ax = corners[i], ay = corners[i + 1], ex = corners[j] - ax, ey = corners[j + 1] - ay;
            float px = x - ax, py = y - ay;
            float along = Math.clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0f, 1f);
            float dx = px - along * ex, dy = py - along * ey;
            nearest = Math.min(nearest, dx * dx + dy * dy);
            if (ay > y != corners[j + 1] > y && px < ex * py / ey) inside = !inside;
        }
        float distance = (float) Math.sqrt(nearest);
        return inside ? -distance : distance;
    }

    /// 2n corners that alternate between two radii, the first at the top.
    private static float[] star(int n, double outer, double inner) {
        float[] corners = new float[4 * n];
        for (int i = 0; i < 2 * n; i++) {
            double radius = i % 2 == 0 ? outer : inner, angle = Math.PI / 2 + Math.PI * i / n;
            corners[2 * i] = (float) (radius * Math.cos(angle));
            corners[2 * i + 1] = (float) (radius * Math.sin(angle));
        }
        return corners;
    }

    private static float length(float x, float y) {
        return (float) Math.sqrt(x * x + y * y);
    }
}
