"""What the simulator says beside a code. Those in RECORDED are ARCA's own, as heard in July 2021; others are ours."""

RECORDED = {
    602: "No existen datos en nuestros registros para los parametros ingresados.",
    10217: (
        "El credito fiscal discriminado en el presente comprobante solo podra ser computado a efectos del"
        " Procedimiento permanente de transicion al Regimen General."
    ),
}
NEXT = (
    "El numero o fecha del comprobante no se corresponde con el proximo a autorizar."
    " Consultar metodo FECompUltimoAutorizado."
)
"""Of 10016 as an error of the whole answer, recorded."""
RANGE = (
    "Campo CbteFch Debe estar comprendido  en el  rango  N-5 y N+5 siendo N la fecha de envio del pedido"
    "  de autorizacion para 1 - Productos"
)
"""Of 10016 as an observation, recorded for goods; with services ARCA's has ten days in it."""

OURS = {
    502: "Autorizador CAE: transaccion activa.",
    10001: "CantReg debe estar entre 1 y 9998.",
    10002: "CantReg no coincide con la cantidad de comprobantes informados.",
    10003: "Este simulador autoriza un comprobante por pedido.",
    10004: "PtoVta debe estar entre 1 y 99998.",
    10007: "CbteTipo no permitido.",
    10008: "CbteDesde debe estar entre 1 y 99999999.",
    10012: "CbteDesde y CbteHasta deben ser iguales.",
    10013: "Para comprobantes clase A, DocTipo debe ser 80.",
    10015: "DocTipo y DocNro no son validos para el comprobante.",
    10018: "El arreglo Iva no se corresponde con ImpIVA.",
    10019: "AlicIva.Id no es una alicuota valida.",
    10020: "AlicIva.BaseImp debe ser mayor que cero.",
    10022: "AlicIva.Id no debe repetirse: totalice por alicuota.",
    10023: "La suma de AlicIva.Importe no coincide con ImpIVA.",
    10024: "Tributos no se corresponde con ImpTrib.",
    10025: "Tributo.Id no es valido.",
    10029: "La suma de Tributo.Importe no coincide con ImpTrib.",
    10030: "Concepto debe ser 1, 2 o 3.",
    10032: "FchServDesde no puede ser posterior a FchServHasta.",
    10036: "FchVtoPago no puede ser anterior a la fecha del comprobante.",
    10037: "MonId no es una moneda valida.",
    10038: "MonCotiz es obligatorio.",
    10039: "Si MonId es PES, MonCotiz debe ser 1.",
    10040: "CbtesAsoc: combinacion de tipos no permitida.",
    10041: "El comprobante asociado no se encuentra en nuestros registros.",
    10042: "Tributo.Desc es obligatorio para Id 99.",
    10043: "ImpTotConc no es valido.",
    10044: "ImpOpEx no es valido.",
    10045: "ImpNeto no puede ser negativo.",
    10047: "ImpIVA no es valido.",
    10048: "ImpTotal no coincide con la suma de los importes.",
    10049: "FchServDesde, FchServHasta y FchVtoPago son obligatorios para servicios.",
    10051: "AlicIva.Importe no se corresponde con BaseImp y la alicuota.",
    10056: "Los importes llevan hasta dos decimales.",
    10061: "La suma de AlicIva.BaseImp no coincide con ImpNeto.",
    10069: "El receptor no puede ser el emisor.",
    10070: "Con ImpNeto mayor que cero, Iva es obligatorio.",
    10071: "Los comprobantes clase C no llevan Iva.",
    10152: "La fecha posterior debe ser del mismo mes que el pedido.",
    10197: "Las notas de debito y credito llevan CbtesAsoc o PeriodoAsoc.",
    10237: "La nota de credito supera el importe del comprobante asociado.",
    10242: "CondicionIVAReceptorId no es un valor permitido.",
    10243: "CondicionIVAReceptorId no es valido para la clase del comprobante.",
    10245: "CondicionIVAReceptorId sera obligatorio (RG 5616).",
    10246: "CondicionIVAReceptorId es obligatorio (RG 5616).",
    10284: "DocNro no es una CUIT valida.",
}
WORDS = {**OURS, **RECORDED, 10016: RANGE}
