package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Arrays go to where a network is and come back. Where there is one device, an array's manager tells where it is: a network
 * makes its constants with the manager of what it is given, so that both must be on its device.
 */
class FrozenPlaceTest {
    private final NDManager transformer = Torch.newManager();
    private final FrozenPlace place = FrozenPlace.of(transformer, MemoryPolicy.PLAIN.withOffload(true));

    @AfterEach
    void close() {
        transformer.close();
    }

    /** An autoencoder that notes whose arrays it is given, and makes a constant as real ones do. */
    private static final class Spy implements Autoencoder {
        private final List<NDManager> given = new ArrayList<>();

        @Override
        public int channels() {
            return 3;
        }

        @Override
        public int factor() {
            return 1;
        }

        @Override
        public int frameFactor() {
            return 4;
        }

        @Override
        public NDArray pixels(NDArray latents) {
            given.add(latents.getManager());
            return Torch.scaled(latents, 3);
        }

        @Override
        public long decodingBytes(Shape latents) {
            return 7;
        }

        @Override
        public NDArray latents(NDArray pictures) {
            given.add(pictures.getManager());
            return Torch.scaled(pictures, 0.5);
        }
    }

    private void assertGivenHere(Spy spy, int times) {
        assertThat(spy.given).hasSize(times).allSatisfy(manager -> {
            assertThat(manager.getParentManager()).isSameAs(place.manager());
            assertThat(manager.isOpen()).isFalse();
        });
        assertThat(place.manager().getManagedArrays()).isEmpty();
    }

    @Test
    void anOffloadedAutoencoderIsGivenArraysOfItsOwnPlaceAndGivesThoseOfTheCaller() {
        Spy spy = new Spy();
        Autoencoder reached = place.reached(spy);
        try (NDManager owner = transformer.newSubManager()) {
            NDArray input = NoiseSource.of(1).gaussian(owner, new Shape(2, 3, 4, 4));
            NDArray pixels = reached.pixels(input);
            NDArray latents = reached.latents(input);
            assertGivenHere(spy, 2);
            assertThat(List.of(pixels.getManager(), latents.getManager())).allMatch(manager -> manager == owner);
            assertThat(owner.getManagedArrays()).hasSize(3);
            assertThat(pixels.toFloatArray())
                    .containsExactly(Torch.scaled(input, 3).toFloatArray());
            assertThat(latents.toFloatArray())
                    .containsExactly(Torch.scaled(input, 0.5).toFloatArray());
        }
        assertThat(List.of(reached.channels(), reached.factor(), reached.frameFactor()))
                .isEqualTo(List.of(3, 1, 4));
        assertThat(reached.decodingBytes(new Shape(1))).isEqualTo(7);
    }

    @Test
    void thePictureThatAVideoStartsFromIsEncodedThere() {
        Spy spy = new Spy();
        try (NDManager owner = transformer.newSubManager()) {
            NDArray first = NoiseSource.of(1).gaussian(owner, new Shape(1, 3, 1, 4, 4));
            NDArray channels = WanPictures.channels(place.reached(spy), first, 1);
            assertGivenHere(spy, 1);
            assertThat(channels.getManager()).isSameAs(owner);
            assertThat(channels.getShape()).isEqualTo(new Shape(1, 7, 1, 4, 4));
        }
    }

    @Test
    void aGradientComesBackAsWell() {
        try (NDManager owner = transformer.newSubManager();
                Torch.Scope on = Torch.withGradient()) {
            NDArray input = NoiseSource.of(1).gaussian(owner, new Shape(1, 3, 2, 2));
            input.setRequiresGradient(true);
            Torch.backward(place.reached(new Spy()).pixels(input).sum());
            assertThat(input.getGradient().toFloatArray()).containsOnly(3f);
        }
    }

    @Test
    void whatIsWithTheTransformerIsReachedAsItIs() {
        Spy spy = new Spy();
        FrozenPlace beside = FrozenPlace.of(transformer, MemoryPolicy.PLAIN);
        assertThat(beside.reached(spy)).isSameAs(spy);
        assertThat(beside.manager()).isSameAs(transformer);
    }
}
