package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The step that gradient descent with momentum and LARS share:
/// ```
/// d = ratio (g + decay p)        v ← momentum v + d        p ← p − rate · (nesterov ? d + momentum v : v)
/// ```
final class Momentum {

    private Momentum() {}

    static void step(float[] p, int po, float[] v, int vo, float[] g, int go, int n, float ratio, float decay,
            float momentum, float rate, boolean nesterov) {
        // p moves by rate (own d + carried v): (0, 1), or (1, momentum)
        float own = nesterov ? 1 : 0, carried = nesterov ? momentum : 1;
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector weight = FloatVector.fromArray(SPECIES, p, po + i);
            FloatVector d = weight.mul(decay).add(FloatVector.fromArray(SPECIES, g, go + i)).mul(ratio);
            FloatVector velocity = FloatVector.fromArray(SPECIES, v, vo + i).mul(momentum).add(d);
            velocity.intoArray(v, vo + i);
            weight.sub(d.mul(own).add(velocity.mul(carried)).mul(rate)).intoArray(p, po + i);
        }
        for (; i < n; i++) {
            float d = ratio * (g[go + i] + decay * p[po + i]), velocity = momentum * v[vo + i] + d;
            v[vo + i] = velocity;
            p[po + i] -= rate * (own * d + carried * velocity);
        }
    }
}
