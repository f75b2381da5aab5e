"""What people in Argentina are called; any likeness is chance."""

import numpy as np

from .columns import Column, texts

FIRST = (
    "Agustín", "Agustina", "Alejandro", "Alejandra", "Ana", "Andrés", "Ángel", "Antonella", "Ariel",
    "Bautista", "Belén", "Benjamín", "Brenda", "Bruno", "Camila", "Carla", "Carlos", "Catalina",
    "Cecilia", "César", "Constanza", "Cristian", "Damián", "Daniel", "Daniela", "Darío", "Débora",
    "Delfina", "Diego", "Eduardo", "Elías", "Emanuel", "Emiliano", "Emilia", "Esteban", "Ezequiel",
    "Fabián", "Facundo", "Federico", "Felipe", "Fernando", "Fernanda", "Florencia", "Francisco",
    "Franco", "Gabriel", "Gabriela", "Gastón", "Germán", "Gisela", "Gonzalo", "Graciela",
    "Guadalupe", "Guillermo", "Gustavo", "Hernán", "Hugo", "Ignacio", "Iván", "Jazmín", "Jerónimo",
    "Jimena", "Joaquín", "Jorge", "José", "Josefina", "Juan", "Juan Cruz", "Juan Pablo", "Julia",
    "Julián", "Juliana", "Julieta", "Karina", "Laura", "Lautaro", "Leandro", "Leonardo", "Lorena",
    "Lucas", "Lucía", "Luciano", "Luis", "Luz", "Magdalena", "Maia", "Malena", "Marcela", "Marcelo",
    "Marcos", "María", "María José", "Mariana", "Mariano", "Martín", "Martina", "Mateo", "Matías",
    "Mauro", "Maximiliano", "Melina", "Mercedes", "Micaela", "Miguel", "Milagros", "Nahuel",
    "Natalia", "Nicolás", "Noelia", "Norberto", "Oscar", "Pablo", "Paula", "Pedro", "Pilar",
    "Ramiro", "Raúl", "Ricardo", "Rocío", "Rodrigo", "Romina", "Santiago", "Sebastián", "Sergio",
    "Silvina", "Sofía", "Sol", "Soledad", "Tamara", "Thiago", "Tobías", "Tomás", "Valentín",
    "Valentina", "Valeria", "Vanesa", "Verónica", "Victoria", "Walter", "Ximena",
)  # fmt: skip

LAST = (
    "Acosta", "Acuña", "Aguirre", "Agüero", "Alonso", "Altamirano", "Álvarez", "Arce", "Arias",
    "Ávila", "Ayala", "Báez", "Barrios", "Benítez", "Bianchi", "Blanco", "Bravo", "Bustos",
    "Cabrera", "Cáceres", "Campos", "Cano", "Cardozo", "Carrizo", "Castillo", "Castro", "Chávez",
    "Coronel", "Correa", "Cortés", "Cruz", "Díaz", "Domínguez", "Duarte", "Escobar", "Espinosa",
    "Farías", "Fernández", "Ferrari", "Ferreyra", "Figueroa", "Flores", "Franco", "Fuentes",
    "Gallo", "García", "Giménez", "Godoy", "Gómez", "González", "Guerrero", "Gutiérrez", "Guzmán",
    "Heredia", "Hernández", "Herrera", "Ibáñez", "Ibarra", "Juárez", "Lagos", "Ledesma", "Leiva",
    "Lezcano", "López", "Lucero", "Luna", "Maidana", "Maldonado", "Mansilla", "Marín", "Martínez",
    "Medina", "Méndez", "Mendoza", "Miranda", "Molina", "Montenegro", "Morales", "Moreno", "Moyano",
    "Muñoz", "Navarro", "Núñez", "Ojeda", "Olivera", "Ortiz", "Ortega", "Paz", "Páez", "Peralta",
    "Pereyra", "Pérez", "Ponce", "Quiroga", "Ramírez", "Ramos", "Reynoso", "Ríos", "Rivero",
    "Roldán", "Rodríguez", "Rojas", "Romano", "Romero", "Rossi", "Ruiz", "Salas", "Sánchez",
    "Silva", "Soria", "Sosa", "Soto", "Suárez", "Toledo", "Toloza", "Torres", "Valdez", "Vargas",
    "Vázquez", "Vega", "Velázquez", "Vera", "Vidal", "Villalba", "Villegas", "Yañez", "Zabala",
    "Zalazar", "Zapata", "Zárate",
)  # fmt: skip

COMMON = 0.6
"""How fast names get rarer down a shuffled list: 0 makes all alike, 1 the first far too common."""


def people(rng: np.random.Generator, count: int) -> Column:
    """So many people's names, first and last; some are common, and two people may share one."""
    first = _drawn(rng, FIRST, count)
    last = _drawn(rng, LAST, count)
    return texts(f"{a} {b}" for a, b in zip(first, last, strict=True))


def _drawn(rng: np.random.Generator, names: tuple[str, ...], count: int) -> Column:
    shares = np.arange(1, len(names) + 1, dtype=float) ** -COMMON
    return rng.permutation(texts(names))[rng.choice(len(names), count, p=shares / shares.sum())]
