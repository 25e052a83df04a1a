package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;

/**
 * UniPC with data prediction: each step first corrects where the step before led, now that the model has been there, and then
 * predicts on. One evaluation a step; Wan's own solver.
 *
 * <p>With α = 1 − σ, λ = ln(α/σ) and h = λ' − λ, going from x with data m₀ to σ': x' = (σ'/σ)·x + α'·(1 − e^{−h})·m₀ −
 * α'·B·Σ ρᵢ·Dᵢ, where D₁ = (m₋₁ − m₀)/r with r = (λ₋₁ − λ)/h and, in the corrector, the last D is m' − m₀. B is e^{−h} − 1, or
 * −h in the first form. The ρ match the moments of the exponential integral.
 *
 * <p>Source: Zhao et al. (2023), arXiv:2302.04867, Algorithms 1 and 2; diffusers, {@code scheduling_unipc_multistep.py}, whose
 * order at the start, order 1 in the last step and ρ = ½ of the short sums are kept. Differs: coefficients in double precision.
 *
 * @param order 1 or 2
 * @param form which B
 */
public record UniPc(int order, Form form) implements OdeSolver {
    /** The weight B(h) of the differences, by diffusers' names. */
    public enum Form {
        /** −h. */
        BH1 {
            @Override
            double weight(double negated) {
                return negated;
            }
        },
        /** e^{−h} − 1. */
        BH2 {
            @Override
            double weight(double negated) {
                return Math.expm1(negated);
            }
        };

        abstract double weight(double negated);
    }

    public UniPc {
        Require.within("order", order, 1, 2);
    }

    /** Second order, as Wan's folders have it. */
    public UniPc() {
        this(2, Form.BH2);
    }

    /** Leaves x as it was corrected, then the data of this step and of the one before it. */
    @Override
    public Step step(
            VelocityModel model, NDArray latents, Position at, Conditioning conditioning, List<NDArray> memory) {
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray v = model.velocity(latents, at.sigma(), conditioning);
            v.attach(scratch);
            NDArray data = Prediction.data(latents, v, at.sigma());
            NDArray x = memory.isEmpty() ? latents.duplicate() : corrected(memory, data, at);
            List<NDArray> known = new ArrayList<>(List.of(data));
            if (!memory.isEmpty()) {
                known.add(memory.get(1).duplicate());
            }
            Update update = new Update(at);
            NDArray next = update.base(x, data);
            if (orderAt(at, known.size()) == 2) {
                next.attach(scratch);
                next = update.moved(next, known.get(1), data, 0.5 / update.ratio());
            }
            known.add(0, x);
            next.attach(owner);
            known.forEach(array -> array.attach(owner));
            return new Step(next, known);
        }
    }

    /** Returns x at this step again, from the last step's beginning and what the model says here. */
    private NDArray corrected(List<NDArray> memory, NDArray data, Position at) {
        Position before = new Position(at.schedule(), at.step() - 1);
        Update update = new Update(before);
        NDArray last = memory.get(1);
        NDArray x = update.base(memory.get(0), last);
        if (orderAt(before, memory.size() - 1) == 1) {
            return update.moved(x, data, last, 0.5);
        }
        double[] rho = update.moments();
        NDArray bent = update.moved(x, memory.get(2), last, rho[0] / update.ratio());
        return update.moved(bent, data, last, rho[1]);
    }

    private int orderAt(Position at, int known) {
        return Math.min(order, Math.min(at.schedule().steps() - at.step(), known));
    }

    /** The scalars of a way from one level to the next. */
    private final class Update {
        private final Position at;
        /** −h. */
        private final double negated;

        Update(Position at) {
            this.at = at;
            this.negated = lambda(at.sigma()) - lambda(at.next());
        }

        /** r, below 0. */
        double ratio() {
            double before = at.schedule().sigma(at.step() - 1);
            return (lambda(before) - lambda(at.sigma())) / -negated;
        }

        NDArray base(NDArray x, NDArray data) {
            try (NDArray scaled = Torch.scaled(x, at.next() / at.sigma())) {
                return Prediction.plus(scaled, data, -(1 - at.next()) * Math.expm1(negated));
            }
        }

        /** Returns x − α'·B·weight·(other − data). */
        NDArray moved(NDArray x, NDArray other, NDArray data, double weight) {
            try (NDArray difference = other.sub(data)) {
                return Prediction.plus(x, difference, -(1 - at.next()) * form.weight(negated) * weight);
            }
        }

        /** Solves ρ₁ + ρ₂ = b₁, r·ρ₁ + ρ₂ = b₂. */
        double[] moments() {
            double first = Math.expm1(negated) / negated - 1;
            double second = first / negated - 0.5;
            double weight = form.weight(negated);
            double rho = (first / weight - 2 * second / weight) / (1 - ratio());
            return new double[] {rho, first / weight - rho};
        }
    }

    private static double lambda(double sigma) {
        return Math.log((1 - sigma) / sigma);
    }

    @Override
    public int evaluations(int steps) {
        return steps;
    }
}
