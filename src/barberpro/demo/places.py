"""Where the chain's shops stand: cities of Argentina, and streets and quarters that they have."""

from dataclasses import dataclass

import numpy as np

from barberpro.platform.text import fold

from . import identifiers
from .columns import Column, Columns, days, texts
from .growth import PREPARED_DAYS


@dataclass(frozen=True)
class City:
    """A city: the letter of its province (ISO 3166-2:AR), its zone in tzdata, its size.

    `naps` is the chance that a shop there closes over noon.
    """

    name: str
    province: str
    zone: str
    size: float
    naps: float = 0.0
    quarters: tuple[str, ...] = ()


CITIES = (
    City("Buenos Aires", "C", "Buenos_Aires", 30, quarters=(
        "Palermo", "Recoleta", "Belgrano", "Caballito", "Almagro", "Villa Crespo", "Núñez",
        "Flores", "San Telmo", "Villa Urquiza", "Colegiales", "Boedo", "Devoto", "Saavedra", "Liniers",
        "Barracas", "Microcentro", "Villa del Parque", "Mataderos", "Puerto Madero",
        "Parque Chacabuco", "Balvanera")),
    City("La Plata", "B", "Buenos_Aires", 8, quarters=("City Bell", "Plaza Moreno", "Gonnet")),
    City("Mar del Plata", "B", "Buenos_Aires", 8, quarters=("Güemes", "La Perla", "Punta Mogotes")),
    City("Bahía Blanca", "B", "Buenos_Aires", 4, 0.4),
    City("Quilmes", "B", "Buenos_Aires", 5),
    City("Lanús", "B", "Buenos_Aires", 4),
    City("Morón", "B", "Buenos_Aires", 4),
    City("San Isidro", "B", "Buenos_Aires", 4, quarters=("Martínez", "Acassuso")),
    City("Tigre", "B", "Buenos_Aires", 3, quarters=("Nordelta", "General Pacheco")),
    City("Tandil", "B", "Buenos_Aires", 2, 0.6),
    City("Junín", "B", "Buenos_Aires", 2, 0.8),
    City("Pilar", "B", "Buenos_Aires", 3),
    City("Córdoba", "X", "Cordoba", 15, 0.2, (
        "Nueva Córdoba", "Güemes", "Cerro de las Rosas", "Alta Córdoba", "General Paz", "Alberdi",
        "Argüello")),
    City("Río Cuarto", "X", "Cordoba", 3, 0.8),
    City("Villa María", "X", "Cordoba", 2, 0.8),
    City("Villa Carlos Paz", "X", "Cordoba", 2, 0.5),
    City("Rosario", "S", "Cordoba", 14, 0.2, (
        "Pichincha", "Fisherton", "Echesortu", "Alberdi", "Bulevar Oroño")),
    City("Santa Fe", "S", "Cordoba", 6, 0.8, ("Candioti", "Guadalupe", "Bulevar Gálvez")),
    City("Rafaela", "S", "Cordoba", 2, 0.9),
    City("Venado Tuerto", "S", "Cordoba", 1.5, 0.9),
    City("Mendoza", "M", "Mendoza", 8, 0.7, (
        "Quinta Sección", "Arístides Villanueva", "Parque General San Martín")),
    City("Godoy Cruz", "M", "Mendoza", 3, 0.7),
    City("San Rafael", "M", "Mendoza", 2, 0.9),
    City("San Miguel de Tucumán", "T", "Tucuman", 7, 0.9, ("Barrio Norte", "Barrio Sur")),
    City("Yerba Buena", "T", "Tucuman", 2, 0.8),
    City("Salta", "A", "Salta", 6, 0.9, ("Tres Cerritos", "Grand Bourg")),
    City("San Salvador de Jujuy", "Y", "Jujuy", 3, 0.9, ("Los Perales",)),
    City("Santiago del Estero", "G", "Cordoba", 3, 1.0),
    City("San Fernando del Valle de Catamarca", "K", "Catamarca", 2, 1.0),
    City("La Rioja", "F", "La_Rioja", 2, 1.0),
    City("San Juan", "J", "San_Juan", 4, 0.9, ("Desamparados",)),
    City("San Luis", "D", "San_Luis", 2, 0.9),
    City("Paraná", "E", "Cordoba", 3, 0.9),
    City("Concordia", "E", "Cordoba", 2, 0.9),
    City("Gualeguaychú", "E", "Cordoba", 1.5, 0.9),
    City("Corrientes", "W", "Cordoba", 3, 1.0, ("Cambá Cuá",)),
    City("Resistencia", "H", "Cordoba", 3, 1.0, ("Villa San Martín",)),
    City("Formosa", "P", "Cordoba", 2, 1.0),
    City("Posadas", "N", "Cordoba", 3, 0.9, ("Villa Cabello", "Miguel Lanús")),
    City("Santa Rosa", "L", "Salta", 2, 0.8),
    City("Neuquén", "Q", "Salta", 4, 0.5, ("Alta Barda",)),
    City("San Martín de los Andes", "Q", "Salta", 1.5, 0.3),
    City("San Carlos de Bariloche", "R", "Salta", 3, 0.2, ("Melipal", "Jardín Botánico")),
    City("Cipolletti", "R", "Salta", 1.5, 0.6),
    City("Comodoro Rivadavia", "U", "Catamarca", 3, 0.2, ("General Mosconi",)),
    City("Trelew", "U", "Catamarca", 2, 0.6),
    City("Puerto Madryn", "U", "Catamarca", 2, 0.5),
    City("Río Gallegos", "Z", "Rio_Gallegos", 2, 0.3),
    City("El Calafate", "Z", "Rio_Gallegos", 1, 0.2),
    City("Ushuaia", "V", "Ushuaia", 2, 0.1),
    City("Río Grande", "V", "Ushuaia", 1.5, 0.2),
)  # fmt: skip

STREETS = (
    "San Martín", "Rivadavia", "Belgrano", "Mitre", "Sarmiento", "9 de Julio", "25 de Mayo",
    "Moreno", "Alvear", "Urquiza", "Independencia", "España",
)  # fmt: skip
CROWDING = 0.45  # how much less the next shop of a city is wanted than the one before


def chosen(rng: np.random.Generator, count: int) -> Column:
    """So many sites, by their places in `SITES`: most in large cities, but each has its chance."""
    if count > len(SITES):
        raise ValueError(f"there are sites for {len(SITES)} shops, not for {count}")
    # The smallest of exponential/weight: a draw without replacement (Efraimidis and Spirakis).
    return np.argsort(rng.exponential(size=len(SITES)) / WANTED, kind="stable")[:count]


def locations(rng: np.random.Generator, sites: Column, opens: Column) -> Columns:
    """The shops at these sites, in the books for a while before the days they open on."""
    count = len(sites)
    created = opens.astype("datetime64[us]") - days(PREPARED_DAYS + rng.uniform(0, 20, count))
    names = [f"{CITIES[city].name}, {spot}" for city, spot in (SITES[site] for site in sites)]
    cities = [CITIES[SITES[site][0]] for site in sites]
    return {
        "id": identifiers.made(rng, "loc", created),
        "name": texts(names),
        "name_key": texts(fold(name) for name in names),
        "city": texts(city.name for city in cities),
        "province": texts(city.province for city in cities),
        "time_zone": texts(f"America/Argentina/{city.zone}" for city in cities),
        "is_active": np.ones(count, dtype=bool),
        "created_at": created,
    }


def naps(sites: Column) -> Column:
    """The chance that a shop at each of these sites closes over noon."""
    return np.array([CITIES[SITES[site][0]].naps for site in sites])


def _sites() -> tuple[tuple[tuple[int, str], ...], Column]:
    """Every site as (city, spot), and how much it is wanted."""
    sites, wanted = [], []
    for index, city in enumerate(CITIES):
        spots = (*city.quarters, *(street for street in STREETS if street not in city.quarters))
        for rank, spot in enumerate(spots):
            sites.append((index, spot))
            wanted.append(city.size * (1 + rank) ** -CROWDING)
    return tuple(sites), np.array(wanted)


SITES, WANTED = _sites()
