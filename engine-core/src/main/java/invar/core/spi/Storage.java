package invar.core.spi;

/// Memory of a device: made by a [Backend], opaque to everyone else. A backend casts it back once, at its door.
public interface Storage {}
