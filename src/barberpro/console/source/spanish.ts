import type { Plugin } from 'vite';

/**
 * GraphiQL has no translations, so its labels are replaced while building: by file, the code as it
 * stands there and as we want it. Versions are pinned; what is no longer there stops the build.
 */
const TEXTS: Record<string, Record<string, string>> = {
  '/graphiql/dist/GraphiQL.js': {
    '"New tab"': '"Pestaña nueva"',
    '"Editor Commands"': '"Comandos del editor"',
    '"Operation Editor"': '"Editor de la consulta"',
    '"Select active operation"': '"Consultas abiertas"',
    '"Show" : "Hide"} editor tools': '"Mostrar" : "Ocultar"} variables',
  },
  '/graphiql/dist/ui/toolbar.js': {
    'Prettify query (': 'Ordenar la consulta (',
    'Merge fragments into query (': 'Integrar los fragmentos (',
    'Copy query (': 'Copiar la consulta (',
  },
  '/graphiql/dist/ui/sidebar.js': {
    // Without its shortcut, Ctrl+Shift+R: browsers reload the page on it, and that ends the session.
    '`Re-fetch GraphQL schema (${KEY_MAP.refetchSchema.key})`': '"Releer el esquema"',
    '"Open short keys dialog"': '"Atajos de teclado"',
    '"Open settings dialog"': '"Preferencias"',
    '"Hide" : "Show"': '"Ocultar" : "Mostrar"',
    '"Short Keys"': '"Atajos de teclado"',
    '"This modal provides a list of available keyboard shortcuts and their functions."':
      '"Los atajos de teclado y lo que hace cada uno."',
    '"Settings"': '"Preferencias"',
    '"This modal lets you adjust header persistence, interface theme, and clear local storage."':
      '"El tema de la consola y lo que guarda en este navegador."',
    '"Theme"': '"Tema"',
    '"Adjust how the interface appears."': '"Cómo se ve la consola."',
    '"System"': '"El del sistema"',
    '"Light"': '"Claro"',
    '"Dark"': '"Oscuro"',
    '"Clear storage"': '"Borrar lo guardado"',
    '"Remove all locally stored data and start fresh."':
      '"Quita de este navegador consultas, historial y preferencias."',
    '"Cleared data"': '"Borrado"',
    '"Failed"': '"No se pudo"',
    '"Clear data"': '"Borrar"',
  },
  '/graphiql/dist/ui/short-keys.js': {
    '"Execute query"': '"Ejecutar la consulta"',
    '"Open the Command Palette (you must have focus in the editor)"':
      '"Todos los comandos (con el foco en el editor)"',
    '"Prettify editors"': '"Ordenar la consulta y las variables"',
    '"Copy query"': '"Copiar la consulta"',
    '"Re-fetch schema using introspection": KEY_MAP.refetchSchema.key':
      '"Que Tab salga del editor, o vuelva a escribir": "Ctrl-M"',
    '"Search in documentation"': '"Buscar en la documentación"',
    '"Search in editor"': '"Buscar en el editor"',
    '"Merge fragments definitions into operation definition"': '"Integrar los fragmentos"',
    '"Short Key"': '"Atajo"',
    '"Function"': '"Qué hace"',
    '"This Graph"': '"Este editor Graph"',
    '"QL editor uses"': '"QL usa"',
    '"Monaco editor shortcuts"': '"los atajos de Monaco"',
    '", with keybindings similar to VS Code. See the full list of shortcuts for"':
      '", como los de VS Code. La lista completa, para"',
    '"or"': '"o"',
  },
  '/@graphiql/react/dist/components/execute-button/index.js': {
    '"Stop" : "Execute"} query (': '"Detener" : "Ejecutar"} la consulta (',
    '<Unnamed ${operation.operation}>': '<${operation.operation} sin nombre>',
  },
  '/@graphiql/react/dist/components/dialog/index.js': { '"Close dialog"': '"Cerrar"' },
  '/@graphiql/react/dist/components/tabs/index.js': { '"Close Tab"': '"Cerrar la pestaña"' },
  '/@graphiql/react/dist/components/response-editor.js': { '"Result Window"': '"Resultado"' },
  '/@graphiql/react/dist/utility/tabs.js': { '"<untitled>"': '"<sin título>"' },
  '/@graphiql/react/dist/constants.js': {
    '"Prettify Editors"': '"Ordenar la consulta y las variables"',
    '"Merge Fragments into Query"': '"Integrar los fragmentos"',
    '"Run Operation"': '"Ejecutar la consulta"',
    '"Copy Query"': '"Copiar la consulta"',
    // Not a text: comments on dark, at a contrast of 4.5 instead of 3.6.
    'token: "argument.identifier.gql",\n\t\t\tforeground: "#908aff"':
      'token: "comment", foreground: "#7fb069" }, { token: "argument.identifier.gql", foreground: "#908aff"',
  },
  '/@graphiql/react/dist/stores/execution.js': {
    '"Automatically added leaf fields"': '"Campos agregados automáticamente"',
    '`Request not sent. ${editor === variableEditor ? "Variables" : "Request headers"} ${error.message}`':
      '`No se envió: las variables no son un objeto JSON válido. ${error.message}`',
  },
  '/@graphiql/plugin-doc-explorer/dist/context.js': {
    'title: "Documentation Explorer"': 'title: "Documentación"',
    'Show Documentation Explorer': 'Mostrar Documentación',
    'name: "Docs"': 'name: "Esquema"',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/doc-explorer.js': {
    '"Documentation Explorer"': '"Documentación"',
    '"Error fetching schema"': '"No se pudo leer el esquema"',
    '"Schema is invalid: "': '"El esquema no es válido: "',
    '"No GraphQL schema available"': '"Ingresá para ver el esquema"',
    '`Go back to ${prevName}`': '`Volver a ${prevName}`',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/schema-documentation.js': {
    '"A GraphQL schema provides a root type for each kind of operation."':
      '"Un tipo raíz para cada clase de operación."',
    '"Root Types"': '"Tipos raíz"',
    '"All Schema Types"': '"Todos los tipos"',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/section.js': {
    'Arguments: A': '"Argumentos": A',
    '"Deprecated Arguments"': '"Argumentos obsoletos"',
    '"Deprecated Enum Values"': '"Valores obsoletos"',
    '"Deprecated Fields"': '"Campos obsoletos"',
    'Directives: D': '"Directivas": D',
    '"Enum Values"': '"Valores"',
    'Fields: F': '"Campos": F',
    'Implements: I': '"Implementa": I',
    'Implementations: T': '"Implementaciones": T',
    '"Possible Types"': '"Tipos posibles"',
    '"Root Types"': '"Tipos raíz"',
    'Type: T': '"Tipo": T',
    '"All Schema Types"': '"Todos los tipos"',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/field-documentation.js': {
    'title: "Type"': 'title: "Tipo"',
    'title: "Arguments"': 'title: "Argumentos"',
    'title: "Deprecated Arguments"': 'title: "Argumentos obsoletos"',
    '"Show Deprecated Arguments"': '"Mostrar los argumentos obsoletos"',
    'title: "Directives"': 'title: "Directivas"',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/type-documentation.js': {
    'title: "Implements"': 'title: "Implementa"',
    'title: "Fields"': 'title: "Campos"',
    'title: "Deprecated Fields"': 'title: "Campos obsoletos"',
    '"Show Deprecated Fields"': '"Mostrar los campos obsoletos"',
    'title: "Enum Values"': 'title: "Valores"',
    'title: "Deprecated Enum Values"': 'title: "Valores obsoletos"',
    '"Show Deprecated Values"': '"Mostrar los valores obsoletos"',
    '"Implementations" : "Possible Types"': '"Implementaciones" : "Tipos posibles"',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/search.js': {
    '`Search ${navItem.name}...`': '`Buscar en ${navItem.name}`',
    '"No results found"': '"Sin resultados"',
    '"Other results"': '"Otros resultados"',
  },
  '/@graphiql/plugin-doc-explorer/dist/components/argument.js': { '"Deprecated"': '"Obsoleto"' },
  '/@graphiql/plugin-doc-explorer/dist/components/deprecation-reason.js': {
    '"Deprecated"': '"Obsoleto"',
  },
  '/@graphiql/plugin-history/dist/index.js': { 'title: "History"': 'title: "Historial"' },
  '/@graphiql/plugin-history/dist/components.js': {
    '"History"': '"Historial"',
    '"Cleared"': '"Borrado"',
    '"Failed to Clear"': '"No se pudo borrar"',
    '"Clear"': '"Borrar"',
    '"Type a label"': '"Un nombre"',
    'children: "Save"': 'children: "Guardar"',
    // Its own name says more to a screen reader than "set active" would.
    'onClick: handleHistoryItemClick, "aria-label": "Set active"': 'onClick: handleHistoryItemClick',
    '"Set active"': '"Abrir"',
    '"Edit label"': '"Cambiar el nombre"',
    '"Remove favorite" : "Add favorite"': '"Quitar de favoritas" : "Agregar a favoritas"',
    '"Delete from history"': '"Quitar del historial"',
  },
  '/@graphiql/plugin-explorer/dist/index.js': {
    'title: "GraphiQL Explorer"': 'title: "Explorador"',
  },
  '/graphiql-explorer/dist/Explorer.js': {
    "'No Schema Available'": "'Ingresá para ver el esquema'",
    "title: 'Explorer'": "title: 'Explorador'",
    "'Add new'": "'Agregar'",
    "' Name'": "' (nombre)'",
    // Fields that come without a name for screen readers.
    "'',\n        React.createElement('input', {":
      "'',\n        React.createElement('input', { 'aria-label': arg.name,",
    "onChange: this.props.setArgValue,\n                value":
      "'aria-label': arg.name, onChange: this.props.setArgValue,\n                value",
    "'select',\n            {\n              onChange":
      "'select',\n            { 'aria-label': 'Qué agregar',\n              onChange",
    "'Remove the variable' : 'Extract the current value into a GraphQL variable'":
      "'Quitar la variable' : 'Convertir el valor en una variable'",
    "'Extract selections into a new reusable fragment'": "'Convertir la selección en un fragmento'",
  },
};

/** Puts the Spanish texts into GraphiQL's own code. */
export function spanish(): Plugin {
  const waiting = new Set(Object.keys(TEXTS));
  return {
    name: 'spanish',
    apply: 'build',
    transform(code, id) {
      const file = [...waiting].find((name) => id.endsWith(name));
      if (!file) return null;
      waiting.delete(file);
      let translated = code;
      for (const [english, ours] of Object.entries(TEXTS[file]!)) {
        if (!translated.includes(english)) this.error(`${file} no longer says ${english}`);
        translated = translated.replaceAll(english, () => ours);
      }
      return { code: translated, map: null };
    },
    buildEnd(failure) {
      if (!failure && waiting.size > 0) this.error(`Not in the build: ${[...waiting].join(', ')}`);
    },
  };
}
